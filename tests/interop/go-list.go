// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A client that shares no code with libvirt or with us: a pure Go one, through whatever program is given.
// go-list COMMAND ARGUMENT…: lists the test driver's domains over the program's stdio, and changes one.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/digitalocean/go-libvirt"
	"github.com/digitalocean/go-libvirt/socket/dialers"
)

// A program's stdio as a connection. Deadlines are the caller's, who ends the whole client.
type conn struct {
	io.ReadCloser
	in io.WriteCloser
}

func (c conn) Write(b []byte) (int, error)      { return c.in.Write(b) }
func (c conn) Close() error                     { return c.in.Close() }
func (c conn) LocalAddr() net.Addr              { return &net.UnixAddr{Name: "stdio", Net: "unix"} }
func (c conn) RemoteAddr() net.Addr             { return c.LocalAddr() }
func (c conn) SetDeadline(time.Time) error      { return nil }
func (c conn) SetReadDeadline(time.Time) error  { return nil }
func (c conn) SetWriteDeadline(time.Time) error { return nil }

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func manage(l *libvirt.Libvirt) {
	domains, _, err := l.ConnectListAllDomains(1, 0)
	must(err)
	for _, d := range domains {
		must(l.DomainSuspend(d))
		state, _, err := l.DomainGetState(d, 0)
		must(err)
		fmt.Println(d.Name, "state", state)
		must(l.DomainResume(d))
	}
}

func main() {
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(err)
	in, err := cmd.StdinPipe()
	must(err)
	must(cmd.Start())
	l := libvirt.NewWithDialer(dialers.NewAlreadyConnected(conn{out, in}))
	must(l.ConnectToURI("test:///default"))
	manage(l)
	must(l.Disconnect())
	must(cmd.Wait())
}
