package daemon

import (
	"fmt"
	"os"
	"os/user"
)

// User returns the name of the operating system's user that runs this process,
// or its number where it has no name.
func User() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprintf("uid-%d", os.Getuid())
}
