package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// connector opens connections as long as the file is the one that was opened
// first: a later one would show another database.
type connector struct {
	driver driver.Driver
	name   string
	// inPlace returns an error once the file is another one.
	inPlace func() error
}

func newPool(driver driver.Driver, name string, inPlace func() error) *sql.DB {
	return sql.OpenDB(connector{driver, name, inPlace})
}

// Connect implements driver.Connector.
func (c connector) Connect(context.Context) (driver.Conn, error) {
	if err := c.inPlace(); err != nil {
		return nil, err
	}
	return c.driver.Open(c.name)
}

// Driver implements driver.Connector.
func (c connector) Driver() driver.Driver { return c.driver }
