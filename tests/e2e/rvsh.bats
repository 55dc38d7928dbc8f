# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rvsh as people and programs use it: on a terminal, from a pipe, with JSON; and how often it asks the daemon.

load ../lib/rvirtd

setup_file() {
  need expect expect
  need jq jq
  peers_begin
  rvirtd_start rvirtd 'test_driver_state = "daemon"'
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  uri=$(rvirtd_uri)
  cat > web.xml << 'END'
<domain type='test'>
  <name>web</name>
  <memory unit='MiB'>512</memory>
  <os><type>hvm</type></os>
</domain>
END
}

# terminal SCRIPT: runs it in expect, after what the tests share.
terminal() {
  { cat "$RVIRT_SRCDIR/tests/e2e/rvsh-terminal.exp" && echo "$1"; } > script
  limit expect -f script
}

@test "on a terminal: prompt, commands, quit" {
  terminal 'spawn rvsh -c test:///default
    see "Welcome to rvsh" $prompt; send "list\r"
    see "test   running" $prompt; send "nosuch\r"
    see "unknown command: '"'nosuch'"'" $prompt; send "quit\r"
    ends 0'
}

@test "on a terminal: the prompt of a read-only connection" {
  terminal 'spawn rvsh -r -c test:///default
    see "rvsh > "; send "exit\r"
    ends 0'
}

@test "on a terminal: the end of input ends the shell" {
  terminal 'spawn rvsh
    see $prompt; send "\004"
    ends 0'
}

@test "on a terminal: commands, options, domains, values and files are completed" {
  terminal 'spawn rvsh -c test:///default
    see $prompt; send "dominf\t"; see "dominfo "
    send "te\t\r"; see "Name:           test" $prompt
    send "domstate test --re\t\r"; see "--reason" "running (unknown)" $prompt
    send "shutdown test --mode=ag\t"; see "agent"; send "\003"; see $prompt
    send "define web\t"; see "web.xml"; send "\003"; see $prompt
    send "help hostn\t"; see "hostname"; send "\003"; see $prompt
    send "domi\t\t"; see "domid" "dominfo"; send "\003"; see $prompt
    send "quit\r"; ends 0'
}

@test "on a terminal: names with blanks are completed in quotes and without" {
  terminal 'spawn rvsh -c test:///default
    see $prompt; send "domrename test x\\ y\r"; see "error"
    see $prompt; send "destroy test; domrename test \"x y\"\r"; see "renamed"
    see $prompt; send "domstate x\t\r"; see "x\\ y" "shut off"
    see $prompt; send "domstate \"x\t\r"; see "x y\"" "shut off"
    see $prompt; send "quit\r"; ends 0'
}

@test "on a terminal: history is kept from one shell to the next" {
  export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
  terminal 'spawn rvsh
    see $prompt; send "echo first\r"; see "first\r\n"
    see $prompt; send "quit\r"; ends 0
    spawn rvsh
    see $prompt; send "\033\[A\033\[A\r"; see "first\r\n"
    see $prompt; send "quit\r"; ends 0'
  grep -qx 'echo first' cache/rvsh/history
}

@test "on a terminal: Ctrl-C at the prompt begins a new line" {
  terminal 'spawn rvsh
    see $prompt; send "echo never"; see "never"; send "\003"
    see $prompt; send "echo again\r"; see "\r\nagain\r\n"
    see $prompt; send "quit\r"; ends 0'
}

@test "on a terminal: Ctrl-C ends a command that hangs, not the shell" {
  python3 "$RVIRT_SRCDIR/tests/e2e/deaf.py" deaf.sock called 3>&- &
  deaf=$!
  wait_until 10 test -S deaf.sock
  terminal "spawn rvsh -c test+unix:///default?socket=$PWD/deaf.sock"'
    see $prompt; send "hostname\r"
    while {![file exists called]} { after 10 }
    send "\003"
    see "error: failed to get hostname" $prompt
    send "echo alive\r"; see "alive\r\n"
    see $prompt; send "quit\r"; ends 0'
  kill "$deaf"
  wait "$deaf" || true
}

@test "on a terminal: Ctrl-C ends the ssh of a one-shot command" {
  # a stand-in for ssh that never answers
  printf '#!/bin/sh\necho $$ > pid\nexec cat > /dev/null\n' > deaf-ssh
  chmod +x deaf-ssh
  terminal "spawn rvsh -c test+ssh://nosuch/default?command=$PWD/deaf-ssh list"'
    while {![file exists pid] || ![file size pid]} { after 10 }
    send "\003"
    expect eof
    wait'
  wait_until 10 test -s pid
  wait_until 10 process_gone "$(cat pid)"
}

@test "on a terminal: its modes are as before when the shell ends" {
  terminal 'spawn sh -c {stty -a > before; rvsh; stty -a > after}
    see $prompt; send "echo x\r"; see $prompt; send "quit\r"; ends 0'
  cmp before after
}

@test "on a terminal: desc --edit and metadata --edit use the editor" {
  printf '#!/bin/sh\necho "words of mine" > "$1"\n' > editor
  chmod +x editor
  export VISUAL=$PWD/editor
  run -0 limit rvsh -c test:///default 'desc test --edit; desc test; desc test --edit'
  [[ $output == *"description updated"*"words of mine"*"description not changed"* ]]
  # shellcheck disable=SC2016
  export VISUAL='printf "<a/>" > "$1" #'
  run -0 limit rvsh -c test:///default 'metadata test http://example.org/ns --key k --edit; metadata test http://example.org/ns'
  [[ $output == *"Metadata modified"*"<a/>"* ]]
  VISUAL=false run -1 limit rvsh -c test:///default desc test --edit
}

@test "from a pipe: commands are read to the end" {
  run -0 limit rvsh -c test:///default <<< $'domstate test\nnosuch\n\n# remark\ndomid test'
  [[ $output == "Welcome to rvsh"*"rvsh # domstate test"$'\n'running*"unknown command"*"rvsh # domid test"$'\n'1* ]]
}

@test "from a pipe: quit ends the reading" {
  run -0 limit rvsh -c test:///default <<< $'quit\ndomstate test'
  [[ $output != *running* ]]
}

@test "a broken connection is opened again for the next command" {
  rvirtd_start other
  mkfifo commands
  limit rvsh -c "$(rvirtd_uri other)" < commands > out 2>&1 3>&- &
  shell=$!
  exec 4> commands
  echo "domstate test" >&4
  wait_until 20 grep -q running out
  peer_stop other KILL
  echo "domstate test" >&4
  wait_until 20 grep -q "^error" out
  rvirtd_start other
  # the new daemon holds this end of the pipe too
  echo "domid test; quit" >&4
  exec 4>&-
  wait "$shell"
  peer_stop other
  grep -q "Reconnected to the hypervisor" out
  grep -qx 1 out
}

@test "every command answers with one JSON document, or one JSON error" {
  for command in "list --all" "dominfo test" "domstate test" "domid test" "domuuid test" "domname 1" domstats "dumpxml test" \
    "define web.xml" "create web.xml" "undefine test" "start test" "suspend test" "resume test" "shutdown test" "reboot test" \
    "reset test" "destroy test" "autostart test" "setmem test 1024" "setmaxmem test 9999999" "setvcpus test 1" \
    "vcpucount test" "vcpucount test --active" "vcpuinfo test" "dommemstat test" "desc test" "desc test x" \
    "metadata test http://example.org/ns" "domrename test x" hostname uri version nodeinfo capabilities freecell \
    "freecell --all" sysinfo nodecpustats nodememstats maxvcpus "connect test:///default" help "help list" "help domain" \
    "cd /" pwd "echo x" "call --list" "call DOMAIN_GET_INFO --template" "uri-parse test:///default" \
    nosuch "list --nosuch" "dominfo" "dominfo nosuch" "echo 'x"; do
    for where in before after; do
      if [ $where = before ]; then
        status=0
        limit rvsh -c test:///default --json "$command" > out 2> err || status=$?
      else
        [[ $command != nosuch && $command != "echo 'x" ]] || continue
        status=0
        limit rvsh -c test:///default "${command%% *} --json ${command#"${command%% *}"}" > out 2> err || status=$?
      fi
      echo "$command: $status $(cat out err)"
      if [ $status = 0 ]; then
        [ "$(jq -s length out)" = 1 ]
        [ ! -s err ]
      else
        [ ! -s out ]
        [ "$(jq -s 'length, (.[0].error | (.message | type), (.code | type), (.domain | type))' err | xargs)" = "1 string number number" ]
      fi
    done
  done
}

@test "a JSON error has the protocol's code and domain" {
  run -1 limit rvsh -c test:///default --json dominfo nosuch
  [ "$(jq -c '[.error.code, .error.domain, .error.context]' <<< "$output")" = "[42,12,\"failed to get domain 'nosuch'\"]" ]
}

@test "several commands give several JSON documents" {
  run -0 limit rvsh -c test:///default --json 'domid test; domstate test'
  [ "$(jq -s 'map(.id // .state)' -c <<< "$output")" = '[1,"running"]' ]
}

@test "call reaches any procedure, of a daemon and in process" {
  for where in "$uri" test:///default; do
    run -0 limit rvsh -c "$where" call domain-lookup-by-name '{"name": "test"}'
    [ "$(jq -r .dom.uuid <<< "$output")" = 6695eb01-f6a4-8304-79aa-97f2502e193f ]
  done
  run -0 limit rvsh --json call --list
  [ "$(jq '.procedures | length' <<< "$output")" = 398 ]
  run -1 limit rvsh -c test:///default call DOMAIN_LOOKUP_BY_NAME '{"nosuch": 1}'
  run -1 limit rvsh -c test:///default call DOMAIN_LOOKUP_BY_NAME '{'
  run -1 limit rvsh -c test:///default call NO_SUCH_PROCEDURE
}

@test "call shows what arguments a procedure takes" {
  run -0 limit rvsh call DOMAIN_LOOKUP_BY_NAME --template
  [ "$(jq -c . <<< "$output")" = '{"name":""}' ]
}

@test "uri-parse tells the parts of a URI" {
  run -0 limit rvsh uri-parse 'qemu+ssh://me@far:2222/system?socket=/a%20b&no_tty=1&x=y'
  [[ $output == *scheme=qemu+ssh*driver=qemu*transport=ssh*user=me*server=far*port=2222*path=/system*"param=socket=/a b"* ]]
  run -0 limit rvsh uri-parse test:///default
  [[ $output != *transport=* && $output != *server=* && $output == *name=test:///default* ]]
  run -1 limit rvsh uri-parse 'qemu+ssh://far/system?sock=/x'
}

@test "the environment's URIs are used in their order" {
  RVIRT_DEFAULT_URI=test:///default VIRSH_DEFAULT_CONNECT_URI=nosuch:///x run -0 limit rvsh -q uri
  [ "$output" = test:///default ]
  VIRSH_DEFAULT_CONNECT_URI=test:///default LIBVIRT_DEFAULT_URI=nosuch:///x run -0 limit rvsh -q uri
  [ "$output" = test:///default ]
  VIRSH_DEFAULT_CONNECT_URI=nosuch:///x run -0 limit rvsh -q -c test:///default uri
  [ "$output" = test:///default ]
}

# turns COMMAND: how often rvsh had to wait for the daemon, from the first byte on.
turns() {
  printf '#!/bin/sh\nexec python3 %s/tests/lib/turns.py %s %s/turns\n' "$RVIRT_SRCDIR" "$PEERS/rvirtd/libvirt-sock" "$PWD" > reach
  chmod +x reach
  limit rvsh -c "test+ext:///default?command=$PWD/reach" "$1" > /dev/null
  cat turns
}

@test "the number of domains does not change how often the daemon is asked" {
  few=$(turns "list --all")
  details=$(turns "list --all --title --managed-save")
  echo "list: $few turns, with details $details"
  [ "$few" -le 3 ]
  [ "$details" -le 4 ]
  for i in $(seq 100); do
    sed "s/web/many$i/" web.xml > "$i.xml"
    echo "define $i.xml"
  done | limit rvsh -c "$uri" > log 2>&1
  tail -n 3 log
  run -0 limit rvsh -c "$uri" -q list --all --name
  echo "$output" | tail -n 3
  [ "$(wc -l <<< "$output")" -ge 101 ]
  [ "$(turns "list --all")" = "$few" ]
  [ "$(turns "list --all --title --managed-save")" = "$details" ]
  [ "$(turns "dominfo test")" -le 4 ]
  [ "$(turns domstats)" -le 3 ]
  [ "$(turns "vcpucount test")" -le 4 ]
}

@test "output that cannot be written is an error" {
  run -1 limit sh -c 'rvsh -c test:///default dumpxml test > /dev/full'
  [[ $output == *"failed to write the output"* ]]
}

@test "the login shell's completion" {
  completion=$RVIRT_SRCDIR/scripts/completion/rvsh
  cat > try << END
. $completion
complete_line() {
  COMP_LINE="\$*"; COMP_POINT=\${#COMP_LINE}
  COMP_WORDS=("\$@"); COMP_CWORD=\$((\$# - 1)); COMPREPLY=()
  _rvsh rvsh
  echo "\${COMPREPLY[@]}"
}
complete_line rvsh -c test:///default dominf
complete_line rvsh -c test:///default domstate te
complete_line rvsh -c test:///default domstate --
complete_line rvsh -c test:///default shutdown test --mode=ag
END
  run -0 limit bash try
  [ "${lines[0]}" = dominfo ]
  [ "${lines[1]}" = test ]
  [[ ${lines[2]} == *--reason* ]]
  [[ ${lines[3]} == *agent ]]
}

@test "the completion of zsh, in a zsh that has a terminal" {
  need zsh zsh
  cat > try << END
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "fpath=($RVIRT_SRCDIR/scripts/completion \\\$fpath); autoload -Uz compinit; compinit -u -D"
# completes LINE WHOLE: tab after LINE makes WHOLE of it
completes() {
  zpty -w -n shell \$'\\x15'"\$1"\$'\\t'
  zpty -r shell out "*\$2*" && print -r -- "completed \$2"
}
completes 'rvsh -c test:///default dominf' 'default dominfo'
completes 'rvsh -c test:///default domstate te' 'domstate test'
completes 'rvsh -c test:///default shutdown test --mode=ag' '--mode=agent'
completes 'rvsh --read' '--readonly'
zpty -d shell
END
  run -0 limit zsh -f try
  [ ${#lines[@]} = 4 ]
}

@test "ten thousand domains" {
  awk 'BEGIN { print "<node>"
    for (i = 0; i < 10000; i++)
      printf "<domain type=\"test\"><name>d%04d</name><memory>1</memory><os><type>hvm</type></os></domain>\n", i
    print "</node>" }' > many.xml
  many=${uri/\/default/$PWD/many.xml}
  limit rvsh -c "$many" "list --all --name" > names
  [ "$(grep -cx 'd[0-9]\{4\}' names)" = 10000 ]
  limit rvsh -c "$many" --json list > list.json
  [ "$(jq '[.domains[].name] | unique | length' list.json)" = 10000 ]
  run limit rvsh -c "$many" "destroy d9999; domstate d9999; list --inactive --name; undefine d9999; dominfo d9999"
  [ "$status" = 1 ]
  [[ $output == *"shut off"*"d9999"*"has been undefined"*"failed to get domain 'd9999'"* ]]
}

@test "a pool of ten thousand volumes" {
  awk 'BEGIN { print "<node><pool type=\"dir\"><name>p</name><target><path>/p</path></target>"
    for (i = 0; i < 10000; i++)
      printf "<volume><name>v%04d</name><capacity>1</capacity></volume>\n", i
    print "</pool></node>" }' > many.xml
  many=${uri/\/default/$PWD/many.xml}
  LIMIT=10 limit rvsh -c "$many" "vol-list p" > names
  [ "$(grep -c ' v[0-9]\{4\} .*/p/v[0-9]\{4\}' names)" = 10000 ]
  LIMIT=10 limit rvsh -c "$many" "vol-path v9999 p; vol-create-as p new 5; vol-delete v0000 p; vol-key --pool p new; pool-info p" > out
  [ "$(grep -c '^/p/v9999$\|^/p/new$\|Allocation: *9.77 KiB' out)" = 3 ]
}
