#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Transports as rvirt-dial opens them, to daemons that are played. Where ssh is needed it is a script that does
# what sshd does with a command: it hands it to the login shell, whose PATH is far/.

load ../lib/transport

setup() {
  peers_begin
  cd "$PEERS"
  mkdir far bin
  transport_data
  export LOGIN_SHELL=/bin/sh PATH=$PEERS/bin:$PATH
  far sh
  cat > bin/ssh << 'END'
#!/bin/bash
printf '<%s>' "$@" > "$PEERS/ssh.args"
exec env -i PATH="$PEERS/far" HOME="$HOME" XDG_RUNTIME_DIR="$PEERS/far-run" "$LOGIN_SHELL" -c "${@: -1}"
END
  chmod +x bin/ssh
  mkdir -p home/.config/rvirt
  echo 'share = "no"' > home/.config/rvirt/rvirt.conf
}

teardown() {
  cd /
  peers_end
}

# far PROGRAM…: what the far side's PATH holds (a path, or NAME=PATH).
far() {
  local program
  rm -f far/*
  for program; do
    case $program in
    *=*) ln -sf "${program#*=}" "far/${program%%=*}" ;;
    *) ln -sf "$(command -v "$program")" far/ ;;
    esac
  done
}

dial() {
  run limit rvirt-dial "$@" < /dev/null
}

# escape TEXT: as a parameter's value.
escape() {
  python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1], safe="/"))' "$1"
}

@test "unix, tcp and ext carry every byte both ways, the answer after the end of the question" {
  port=$(free_port)
  with sock "$port" -- bash -ec '
    exchange "test+unix:///default?socket=$PWD/sock"
    exchange "test+tcp://127.0.0.1:'"$port"'/default"
    exchange "test+tcp://localhost:'"$port"'/default?connect_timeout=20"
    exchange "test+unix:///default?socket=$PWD/sock&dial=rvirt-dial"
    exchange "test+ext://far:'"$port"'/default?command=rvirt-dial%20test%2Btcp://127.0.0.1:%25p/"
    exchange "test+ext://far/default?command=rvirt-dial%20test%2Bunix:///%3Fsocket=%25s&socket=$PWD/sock"'
  echo "$output"
  [ "$status" = 0 ]
}

@test "the end of one direction leaves the other running" {
  with talk:sock -- bash -ec '
    coproc dial { exec rvirt-dial "test+ext:///?command=rvirt-dial%20test%2Bunix:///%3Fsocket=$PWD/sock"; }
    to=${dial[1]} from=${dial[0]} pid=$!
    echo one >&$to; read -rt 20 a <&$from
    echo end >&$to; read -rt 20 b <&$from
    ! read -rt 20 c <&$from
    echo more >&$to
    kill -0 $pid
    exec {to}>&-
    wait $pid
    echo "$a $b"'
  echo "$output"
  [ "$status" = 0 ]
  [ "$output" = "one end" ]
}

@test "a peer that is gone ends it though stdin stays open" {
  mkfifo pipe
  with path:sock -- bash -c 'exec rvirt-dial "test+unix:///?socket=$PWD/sock" 0<> pipe'
  [ "$output" = sock ]
}

@test "unix finds the session's socket, and the driver's own before the common one" {
  [ "$(id -u)" != 0 ] || as="setpriv --reuid 65534 --regid 65534 --clear-groups"
  chmod 777 . run
  mkdir run/libvirt
  with path:run/libvirt/libvirt-sock -- bash -c "chmod 777 run/libvirt run/libvirt/*; $as rvirt-dial test+unix:///default; $as rvirt-dial -r qemu:///session"
  [ "$output" = "$(printf 'run/libvirt/libvirt-sock\nrun/libvirt/libvirt-sock')" ]
  rm run/libvirt/*
  with path:run/libvirt/libvirt-sock path:run/libvirt/virtqemud-sock -- bash -c "chmod 777 run/libvirt/*
    for m in auto direct legacy; do $as rvirt-dial qemu+unix:///session?mode=\$m; done"
  [ "$output" = "$(printf 'run/libvirt/%s-sock\n' virtqemud virtqemud libvirt)" ]
}

@test "a connection that is not taken in time is given up" {
  port=$(free_port)
  with full:sock "full:$port" -- bash -c '
    for uri in "test+tcp://127.0.0.1:'"$port"'/?connect_timeout=1" "test+unix:///?connect_timeout=1&socket=$PWD/sock"; do
      timeout 20 rvirt-dial "$uri" < /dev/null 2>&1
      echo $?
    done'
  [[ ${lines[0]} == *"127.0.0.1:$port"*"Connection timed out; "* ]]
  [ "${lines[1]}" = 1 ]
  [[ ${lines[2]} == *"/sock': Connection timed out" ]]
  [ "${lines[3]}" = 1 ]
}

@test "what is refused says where, why and what to do" {
  dial "test+tcp://127.0.0.1:1/"
  [ "$status" = 1 ]
  [[ $output == "rvirt-dial: error: connect: unable to connect to server at '127.0.0.1:1': 127.0.0.1: Connection refused; tcp to host 127.0.0.1, port 1; "* ]]
  dial "test+unix:///?socket=/nonexistent/sock"
  [ "$status" = 1 ]
  [[ $output == *"socket: Failed to connect socket to '/nonexistent/sock': No such file or directory; no daemon listens there"* ]]
  dial "test+unix://host/"
  [[ $output == *"using unix socket and remote server 'host' is not supported."* ]]
  dial "test+foo://host/"
  [[ $output == *"transport 'foo' in the URI is not known"* ]]
  dial "test://host/?pkipath=/nonexistent"
  [[ $output == *"CA certificate: cannot open /nonexistent/cacert.pem"*"tls to host host, port 16514" ]]
  dial "test+ext://host/"
  [[ $output == *"for the ext transport the URI must name a program: command="* ]]
  dial "test+ext://host/?command=/nonexistent"
  [[ $output == *"cannot run /nonexistent: No such file or directory" ]]
  dial "test+ssh://me:s3cret@host/"
  [ "$status" = 2 ]
  [[ $output == *password* && $output != *s3cret* ]]
}

@test "the default and the aliases come from the configuration file" {
  echo "uri_aliases = [ 'here=test+unix:///?socket=$PEERS/sock', ]; uri_default = 'test+unix:///?socket=$PEERS/sock'" \
    > home/.config/rvirt/rvirt.conf
  with path:sock -- bash -c 'rvirt-dial here; rvirt-dial; rvirt-dial nowhere; RVIRT_DEFAULT_URI=x rvirt-dial'
  [ "${lines[0]} ${lines[1]}" = "sock sock" ]
  [[ ${lines[2]} == *"URI 'nowhere' does not include a driver name" ]]
  [[ ${lines[3]} == *"URI 'x' does not include a driver name" ]]
  echo "uri_aliases = [ 'a b=c' ]" > home/.config/rvirt/rvirt.conf
  dial here
  [ "$status" = 2 ]
  [[ $output == *"configuration file syntax error: $PEERS/home/.config/rvirt/rvirt.conf:1: 'uri_aliases' must be"* ]]
}

@test "a single word is the program, several are split without a shell" {
  printf '#!/bin/sh\nprintf "<%%s>" "$0" "$@"; echo\n' > "bin/my it's %h"
  chmod +x "bin/my it's %h"
  cp "bin/my it's %h" bin/show
  dial "test+ext://u@[::1]:7/?command=show"
  [ "$output" = "<$PEERS/bin/show>" ]
  dial "test+ext://u@[::1]:7/?command=$(escape "show '%h' %n-%p %r\"%s\" %% \$HOME ; | > x \$(touch pwned)")&socket=/a%20b"
  [ "$output" = "<$PEERS/bin/show><::1><[::1]-7><u/a b><%><\$HOME><;><|><>><x><\$(touch><pwned)>" ]
  dial "test+ext:///?command=$(escape "'my it'\\''s %%h' x")"
  [ "$output" = "<$PEERS/bin/my it's %h><x>" ]
  [ ! -e pwned ]
}

@test "ssh's arguments are those that libvirt gives it" {
  dial "test+ssh://host/"
  [[ $(cat ssh.args) == "<-T><-e><none><--><host><sh -c '"* ]]
  dial "test+ssh://u@[fe80::1%25eth0]:2222/?keyfile=/k%20x&no_tty=1&no_verify=1"
  [[ $(cat ssh.args) == "<-p><2222><-l><u><-i></k x><-T><-e><none><-o><BatchMode=yes><-o><StrictHostKeyChecking=no><--><fe80::1%eth0><sh -c '"* ]]
  dial "test+ssh://host/?known_hosts=/k%25h&known_hosts_verify=auto&sshauth=privkey,password"
  [[ $(cat ssh.args) == '<-T><-e><none><-o><StrictHostKeyChecking=accept-new><-o><UserKnownHostsFile="/k%%h"><-o><IdentityAgent=none><-o><PreferredAuthentications=publickey,password><--><host>'* ]]
}

@test "no host, user or file becomes an option of ssh" {
  for uri in test+ssh://-oProxyCommand=x/ test+ssh://%2doProxyCommand/ test+ssh://-l@host/ 'test+ssh://a$(x)@h/' \
    'test+ssh://h`x`/' 'test+ssh://host/?known_hosts=/x%22%20y' 'test+ssh://host/?netcat=-x' 'test+ssh://host/?sshauth=x'; do
    dial "$uri"
    [ "$status" != 0 ]
    [ ! -e ssh.args ]
  done
}

@test "one login takes the first of rvirt-gateway, virt-ssh-helper and nc that is there" {
  mkdir -p far-run/libvirt
  for name in rvirt-gateway virt-ssh-helper nc; do
    printf '#!/bin/sh\necho %s "$@"\n' "$name" > "bin/far-$name"
    chmod +x "bin/far-$name"
  done
  gateway=rvirt-gateway=$PEERS/bin/far-rvirt-gateway helper=virt-ssh-helper=$PEERS/bin/far-virt-ssh-helper nc=nc=$PEERS/bin/far-nc
  far sh "$gateway" "$helper" "$nc"
  dial -r "qemu+ssh://host/system"
  [ "$output" = "rvirt-gateway -r qemu:///system" ]
  dial "qemu+ssh://host/session?mode=direct"
  [ "$output" = "rvirt-gateway qemu:///session?mode=direct" ]
  dial "remote+ssh://host/"
  [ "$output" = "rvirt-gateway " ]
  dial "test+ssh://host/?socket=/a%20b"
  [ "$output" = "rvirt-gateway -U /a b" ]
  dial "test+ssh://host/?proxy=netcat"
  [ "$output" = "nc -U /var/run/libvirt/libvirt-sock" ]
  dial -r "test+ssh://host/?netcat=rvirt-gateway"
  [ "$output" = "rvirt-gateway -U /var/run/libvirt/libvirt-sock-ro" ]
  dial "qemu+ssh://host/?proxy=netcat&mode=direct"
  [ "$output" = "nc -U /var/run/libvirt/virtqemud-sock" ]
  dial "qemu+ssh://host/session?proxy=netcat&mode=legacy"
  [ "$output" = "nc -U $PEERS/far-run/libvirt/libvirt-sock" ]
  dial "remote+ssh://host/?proxy=netcat&name=qemu:///session&mode=direct"
  [ "$output" = "nc -U $PEERS/far-run/libvirt/virtqemud-sock" ]
  far sh "$helper" "$nc"
  dial -r "test+ssh://host/?name=qemu:///session"
  [ "$output" = "virt-ssh-helper -r qemu:///session" ]
  dial "test+ssh://host/?socket=/s"
  [ "$output" = "nc -U /s" ]
  far sh "$nc"
  dial "test+ssh://host/default"
  [ "$output" = "nc -U /var/run/libvirt/libvirt-sock" ]
  far sh
  dial "test+ssh://host/default"
  [ "$status" = 1 ]
  [[ $output == *"ended with exit status 127: none of rvirt-gateway, virt-ssh-helper, nc found on host; install rvirt-gateway there"* ]]
  dial "test+ssh://host/default?netcat=nix"
  [[ $output == *"exit status 127: no nix found on host; install"* ]]
  dial "test+ssh://host/default?proxy=native"
  [[ $output == *"exit status 127: "*"rvirt-gateway"*"not found; install rvirt-gateway there"* ]]
}

@test "netcat is told to end with its input where it has an option for it" {
  printf '#!/bin/sh\n[ "$*" = -q ] && { echo "nc: option requires an argument"; exit 1; }\necho nc "$@"\n' > bin/far-nc
  chmod +x bin/far-nc
  far sh "nc=$PEERS/bin/far-nc"
  dial "test+ssh://host/default?socket=/s"
  [ "$output" = "nc -q0 -U /s" ]
}

@test "values reach the far program as they are, whatever the login shell" {
  need nc netcat-openbsd
  name="a b'c\"d\$(touch pwned)\`touch pwned\`!e\\f;g&h%i*j(k)~l#m=n\\\\'"
  ln -s "$(command -v rvirt-gateway)" "$PEERS/n $name"
  uri="test+ssh://host/?socket=$(escape "$PEERS/$name")"
  for shell in sh dash bash zsh fish tcsh csh; do
    LOGIN_SHELL=$(command -v "$shell") || continue
    export LOGIN_SHELL
    far sh nc "$shell"
    with "path:$name" -- bash -c "rvirt-dial $(printf %q "$uri"); rvirt-dial $(printf %q "$uri&netcat=$(escape "$PEERS/n $name")")"
    rm -f "$name"
    echo "$shell: $output"
    [ "$output" = "$name"$'\n'"$name" ]
    far sh rvirt-gateway
    with "path:$name" -- rvirt-dial "$uri"
    rm -f "$name"
    [ "$output" = "$name" ]
    with "path:sock" -- rvirt-dial "test+ssh://host/?proxy=native&socket=$PEERS/sock"
    rm -f sock
    [ "$output" = sock ]
  done
  [ ! -e pwned ]
}

@test "a child has three descriptors and signals as by default" {
  trap '' INT HUP
  exec 8< data
  dial "test+ext:///?command=$(escape "bash -c 'echo \$(cd /proc/self/fd; echo *); grep -E \"SigBlk|SigIgn\" /proc/self/status'")"
  exec 8<&-
  trap - INT HUP
  echo "$output"
  # the inner shell's own: 3 is the directory that it lists
  [ "${lines[0]}" = "0 1 2 3" ]
  [[ ${lines[1]} == SigBlk:*0000000000000000 ]]
  # 32 and 33 are the C library's own: nobody can give them their default back
  [[ ${lines[2]} == SigIgn:*[08]0000000 ]]
}

@test "much on stderr stops nothing, and the end of it is told" {
  printf '#!/bin/sh\nhead -c 1000000 /dev/zero | tr "\\0" x >&2\nhead -c 3 >&1\necho the end >&2\nexit 3\n' > bin/noisy
  chmod +x bin/noisy
  run --separate-stderr limit rvirt-dial "test+ext:///?command=noisy" <<< abc
  [ "$status" = 1 ]
  [ "$output" = abc ]
  [[ $stderr == *"command noisy ended with exit status 3: xxxx"*"the end; "* ]]
  [ "${#stderr}" -lt 4500 ]
}

@test "a child that was killed is a failure with its signal" {
  dial "test+ext:///?command=$(escape "sh -c 'echo x; kill -9 \$\$'")"
  [ "$status" = 1 ]
  [[ $output == *"command sh was ended by signal 9"* ]]
}

@test "an interrupt of the terminal's group ends the child too, and so does the death of its parent" {
  printf '#!/bin/sh\necho $$ > child\nexec cat\n' > bin/waits
  chmod +x bin/waits
  for signal in INT KILL; do
    rm -f child
    mkfifo pipe
    # a group of their own, as a job of a terminal has it
    python3 - "$signal" << 'END' &
import os, signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
p = subprocess.Popen(["rvirt-dial", "test+ext:///?command=waits"], stdin=open("pipe"), stdout=subprocess.DEVNULL,
                     start_new_session=True)
open("parent", "w").write(str(p.pid))
p.wait()
END
    exec 7> pipe
    wait_until 10 test -s child
    wait_until 10 test -s parent
    if [ "$signal" = INT ]; then
      kill -INT -- "-$(cat parent)"
    else
      kill -KILL "$(cat parent)"
    fi
    wait_until 10 process_gone "$(cat child)"
    exec 7>&-
    wait
    rm -f pipe parent
  done
}

@test "a child that ignores its end and SIGTERM is killed, and none is left as a zombie" {
  printf '#!/bin/bash\ntrap "" TERM\necho $$ > child\nexec 0<&- 1>&-\nwhile :; do read -rt 1 <> <(:); done\n' > bin/stays
  chmod +x bin/stays
  dial "test+ext:///?command=stays"
  [ ! -e "/proc/$(cat child)" ]
}

@test "remote_mode and remote_proxy of the configuration file count where the URI does not say" {
  mkdir -p home/.config/rvirt far-run/libvirt
  for name in rvirt-gateway nc; do
    printf '#!/bin/sh\necho %s "$@"\n' "$name" > "bin/far-$name"
    chmod +x "bin/far-$name"
  done
  far sh "rvirt-gateway=$PEERS/bin/far-rvirt-gateway" "nc=$PEERS/bin/far-nc"
  printf 'remote_mode = "direct"\nremote_proxy = "netcat"\n' > home/.config/rvirt/rvirt.conf
  dial "qemu+ssh://host/system"
  [ "$output" = "nc -U /var/run/libvirt/virtqemud-sock" ]
  dial "qemu+ssh://host/system?mode=legacy"
  [ "$output" = "nc -U /var/run/libvirt/libvirt-sock" ]
  dial "qemu+ssh://host/system?proxy=auto&mode=auto"
  [ "$output" = "rvirt-gateway qemu:///system?mode=auto" ]
  dial "qemu+unix:///system"
  [[ $output == *"/virtqemud-sock'"* ]]
  dial "test+tcp://127.0.0.1:1/"
  [[ $output == *"connect: "* ]]
  echo 'remote_proxy = "telnet"' > home/.config/rvirt/rvirt.conf
  dial "qemu+ssh://host/system"
  [ "$status" = 2 ]
  [[ $output == *"rvirt.conf:1: 'remote_proxy' must be one of auto, netcat, native, not 'telnet'" ]]
}
