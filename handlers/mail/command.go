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

// over speaks over a stream from now on.
func (c *call) over(stream io.ReadWriter) {
	c.lines, c.out = bufio.NewReader(stream), textproto.NewWriter(bufio.NewWriter(stream))
}

func (c *call) encrypt(config *tls.Config) error {
	encrypted := tls.Client(c.conn, config)
	if err := encrypted.Handshake(); err != nil {
		return err
	}
	c.over(encrypted)
	return nil
}

func (c *call) startTLS(config *tls.Config, hello string) error {
	if err := c.agree(2, "STARTTLS"); err != nil {
		return err
	}
	if c.lines.Buffered() > 0 { // anybody may have said it
		return errors.New("the server goes on without TLS")
	}
	if err := c.encrypt(config); err != nil {
		return err
	}
	return c.extensions(hello)
}

// hello introduces us, to a server that knows no extensions as it understands.
func (c *call) hello(name string) error {
	err := c.step("EHLO", func() error { return c.extensions(name) })
	var said *answer
	if !errors.As(err, &said) || said.code < 500 {
		return err
	}
	if failed := c.step("HELO", func() error { return c.agree(2, "HELO "+name) }); failed != nil {
		return fmt.Errorf("%w; %w", err, failed)
	}
	return nil
}

// extensions introduces us and learns what the server offers (RFC 5321, 4.1.1.1).
func (c *call) extensions(name string) error {
	said, err := c.ask("EHLO " + name)
	if err := said.agreed(2, err); err != nil {
		return err
	}
	c.offers = map[string]string{}
	for _, line := range said.lines[1:] {
		keyword, parameters, _ := strings.Cut(line, " ")
		c.offers[strings.ToUpper(keyword)] = parameters
	}
	return nil
}

// mail says who a message comes from. Letters need no SMTPUTF8, and one that asks for
// it goes no further than servers that know it.
func (c *call) mail(from string) error {
	command := "MAIL FROM:" + from
	if _, offered := c.offers["8BITMIME"]; offered {
		command += " BODY=8BITMIME"
	}
	return c.agree(2, command)
}

// data hands over a message. Unless the end of it is reached, the server takes none.
func (c *call) data(message io.WriterTo) error {
	if err := c.agree(3, "DATA"); err != nil {
		return err
	}
	w := c.out.DotWriter()
	if _, err := message.WriteTo(w); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.told(2)
}

// told wants an answer that begins with a digit.
func (c *call) told(digit int) error {
	said, err := readAnswer(c.lines)
	return said.agreed(digit, err)
}

// agree gives a command and wants an answer that begins with a digit: 2 is
// yes, whatever else it says, and 3 asks for more.
func (c *call) agree(digit int, command string) error {
	said, err := c.ask(command)
	return said.agreed(digit, err)
}

// ask gives a command, which may be empty, and reads the answer.
func (c *call) ask(command string) (*answer, error) {
	if strings.ContainsAny(command, "\r\n") {
		return nil, errors.New("a command has a line break in it")
	}
	if err := c.out.PrintfLine("%s", command); err != nil {
		return nil, err
	}
	return readAnswer(c.lines)
}
