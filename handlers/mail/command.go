package mail

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strings"
)

// useStream continues the session over another stream.
func (c *client) useStream(stream io.ReadWriter) {
	c.lines, c.out = bufio.NewReader(stream), textproto.NewWriter(bufio.NewWriter(stream))
}

func (c *client) encrypt(config *tls.Config) error {
	encrypted := tls.Client(c.conn, config)
	if err := encrypted.Handshake(); err != nil {
		return err
	}
	c.useStream(encrypted)
	return nil
}

func (c *client) startTLS(config *tls.Config, hello string) error {
	if err := c.command(2, "STARTTLS"); err != nil {
		return err
	}
	if c.lines.Buffered() > 0 { // it came without TLS, so anybody may have sent it
		return errors.New("the server goes on without TLS")
	}
	if err := c.encrypt(config); err != nil {
		return err
	}
	return c.extensions(hello)
}

// hello introduces the client: with EHLO, or with HELO to a server that knows no extensions.
func (c *client) hello(name string) error {
	err := c.step("EHLO", func() error { return c.extensions(name) })
	var said *reply
	if !errors.As(err, &said) || said.code < 500 {
		return err
	}
	if failed := c.step("HELO", func() error { return c.command(2, "HELO "+name) }); failed != nil {
		return fmt.Errorf("%w; %w", err, failed)
	}
	return nil
}

// extensions introduces the client and reads the server's extensions (RFC 5321, 4.1.1.1).
func (c *client) extensions(name string) error {
	said, err := c.ask("EHLO " + name)
	if err := said.want(2, err); err != nil {
		return err
	}
	c.offers = map[string]string{}
	for _, line := range said.lines[1:] {
		keyword, parameters, _ := strings.Cut(line, " ")
		c.offers[strings.ToUpper(keyword)] = parameters
	}
	return nil
}

// mail sends the sender of a message. Letters need no SMTPUTF8, and asking for it would limit
// them to servers that support it.
func (c *client) mail(from string) error {
	command := "MAIL FROM:" + from
	if _, offered := c.offers["8BITMIME"]; offered {
		command += " BODY=8BITMIME"
	}
	return c.command(2, command)
}

// data sends a message. Unless the end of it is sent, the server accepts nothing.
func (c *client) data(message io.WriterTo) error {
	if err := c.command(3, "DATA"); err != nil {
		return err
	}
	w := c.out.DotWriter()
	if _, err := message.WriteTo(w); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.expect(2)
}

// expect reads a reply and returns an error unless its code begins with digit.
func (c *client) expect(digit int) error {
	said, err := readReply(c.lines)
	return said.want(digit, err)
}

// command sends a command and returns an error unless the code of the reply begins with digit:
// 2 is success, 3 asks for more.
func (c *client) command(digit int, command string) error {
	said, err := c.ask(command)
	return said.want(digit, err)
}

// ask sends a command, which may be empty, and reads the reply.
func (c *client) ask(command string) (*reply, error) {
	if strings.ContainsAny(command, "\r\n") {
		return nil, errors.New("a command has a line break in it")
	}
	if err := c.out.PrintfLine("%s", command); err != nil {
		return nil, err
	}
	return readReply(c.lines)
}
