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
	kept   func() error
}

func newPool(driver driver.Driver, name string, kept func() error) *sql.DB {
	return sql.OpenDB(connector{driver, name, kept})
}

// Connect implements driver.Connector.
func (c connector) Connect(context.Context) (driver.Conn, error) {
	if err := c.kept(); err != nil {
		return nil, err
	}
	return c.driver.Open(c.name)
}

// Driver implements driver.Connector.
func (c connector) Driver() driver.Driver { return c.driver }
