# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rvsh and rvirtd show what virsh and libvirtd show: every command, in each of the four pairs.

load ../lib/same

setup_file() {
  need_libvirt
  peers_begin
  libvirtd_start
  rvirtd_start
  cat > "$PEERS/web.xml" << 'END'
<domain type='test'>
  <name>web</name>
  <uuid>11111111-2222-4333-8444-555555555555</uuid>
  <memory unit='MiB'>512</memory>
  <vcpu>2</vcpu>
  <os><type>hvm</type></os>
</domain>
END
  sed -e 's/web/db/' -e 's/1111/2222/g' "$PEERS/web.xml" > "$PEERS/db.xml"
  echo "<domain type='test'><name>broken</name>" > "$PEERS/broken.xml"
  echo "<domain type='test'><name>empty</name></domain>" > "$PEERS/empty.xml"
}

setup() {
  # So that messages name files alike everywhere.
  cd "$PEERS" || return
  web="define web.xml; define db.xml"
}

@test "list" { same list; }
@test "list --all" { same "$web; list --all"; }
@test "list --inactive" { same "$web; list --inactive"; }
@test "list --name" { same "$web; list --all --name"; }
@test "list --uuid" { same "$web; list --all --uuid"; }
@test "list --name --uuid" { same "$web; list --all --name --uuid"; }
@test "list --id" { same "$web; list --all --id"; }
@test "list --title" { same "$web; desc web --title --new-desc 'A title'; list --all --title"; }
@test "list --managed-save" { same "$web; list --all --managed-save"; }
@test "list --persistent and --transient" { same "create web.xml; list --persistent; list --transient"; }
@test "list by state" { same "$web; suspend test; list --state-paused; list --state-running; list --state-shutoff; list --state-other"; }
@test "list by autostart" { same "$web; autostart web; list --all --autostart; list --all --no-autostart"; }
@test "list by snapshots and managed save" {
  same "$web; list --all --with-snapshot; list --all --without-snapshot; list --all --with-managed-save; list --all --without-managed-save"
}
@test "list --table with --name is refused" { same "list --table --name"; }

@test "dominfo" { same "dominfo test"; }
@test "dominfo of a machine that is off" { same "$web; dominfo web"; }
@test "dominfo by id and uuid" { same "dominfo 1; dominfo 6695eb01-f6a4-8304-79aa-97f2502e193f"; }
@test "dominfo of what is not there" { same "dominfo nosuch"; }
@test "domstate" { same "domstate test; suspend test; domstate test --reason; destroy test; domstate test --reason"; }
@test "domid, domuuid, domname" { same "domid test; domuuid test; domname 1; domname 6695eb01-f6a4-8304-79aa-97f2502e193f; destroy test; domid test"; }
@test "domname of an id that is not there" { same "domname 77"; }
@test "domstats" { same domstats; }
@test "domstats of groups" { same "domstats --state --vcpu --cpu-total --balloon test"; }
@test "domstats --raw" { same "domstats --raw --list-active"; }
@test "dumpxml" { same "dumpxml test"; }
@test "dumpxml --inactive" { same "$web; dumpxml --inactive web; dumpxml --security-info test"; }
@test "dumpxml of what is not there" { same "dumpxml nosuch"; }

@test "define, start and undefine" { same "define web.xml; start web; list --all; undefine web; list --all; destroy web; list --all"; }
@test "define of a file that is not there" { same "define nosuch.xml"; }
@test "define of broken XML" { same "define broken.xml"; }
@test "define of XML that lacks what is needed" { same "define empty.xml"; }
@test "define of a name with another UUID" { same "define web.xml; define db.xml; domrename db web"; }
@test "create" { same "create web.xml; list --all; destroy web; list --all"; }
@test "create of what runs" { same "create web.xml; create web.xml"; }
@test "create --paused" { same "create web.xml --paused; list --all"; }
@test "undefine of what is not there" { same "undefine nosuch"; }
@test "start of what runs" { same "start test"; }
@test "start --paused" { same "$web; start web --paused; domstate web"; }
@test "suspend and resume" { same "suspend test; resume test; list"; }
@test "suspend of what is paused" { same "suspend test; suspend test"; }
@test "suspend of what is off" { same "$web; suspend web; resume web"; }
@test "shutdown" { same "shutdown test; list --all; start test; list --all"; }
@test "shutdown of what is off" { same "$web; shutdown web"; }
@test "shutdown --mode" { same "shutdown test --mode acpi"; }
@test "shutdown --mode of no such kind" { same "shutdown test --mode telepathy"; }
@test "reboot" { same "reboot test; list"; }
@test "reset" { same "reset test; list"; }
@test "destroy" { same "destroy test; list --all; destroy test"; }
@test "destroy --graceful" { same "destroy test --graceful; list --all"; }
@test "autostart" { same "$web; autostart web; dominfo web; autostart web --disable; dominfo web"; }
@test "autostart of what is transient" { same "create web.xml; autostart web"; }
@test "domrename" { same "$web; domrename web www; list --all; domrename test other"; }

@test "setmem" { same "setmem test 1048576; dominfo test"; }
@test "setmem with units" { same "setmem test 1G; dominfo test; setmem test 1TiB; setmem test 1Q"; }
@test "setmem of what is off" { same "$web; setmem web 1024; setmem web 1024 --config; dominfo web"; }
@test "setmaxmem" { same "$web; setmaxmem web 1048576; dominfo web; setmaxmem test 4194304; dominfo test"; }
@test "setvcpus" { same "setvcpus test 1; dominfo test; setvcpus test 99"; }
@test "setvcpus of what is off" { same "$web; setvcpus web 1 --config; dominfo web; setvcpus web 4 --maximum --config; dominfo web"; }
@test "vcpucount" { same "vcpucount test"; }
@test "vcpucount of one kind" { same "vcpucount test --current --live; vcpucount test --maximum --config; vcpucount test --active"; }
@test "vcpuinfo" { same "vcpuinfo test"; }
@test "vcpuinfo --pretty" { same "vcpuinfo test --pretty"; }
@test "vcpuinfo of what is off" { same "$web; vcpuinfo web"; }
@test "dommemstat" { same "dommemstat test"; }
@test "desc" { same "desc test; desc test --new-desc 'Some text'; desc test; desc test --title --new-desc Title; desc test --title"; }
@test "desc of what is off" { same "$web; desc web --config --new-desc text; desc web; dumpxml web"; }
@test "metadata" {
  same "metadata test http://example.org/ns --key k --set '<a b=\"c\"/>'; metadata test http://example.org/ns; metadata test http://example.org/ns --remove; metadata test http://example.org/ns"
}

@test "hostname" { same hostname; }
@test "uri" { same uri; }
@test "version" { same version; }
@test "nodeinfo" { same nodeinfo; }
@test "capabilities" { same capabilities; }
@test "freecell" { same freecell; }
@test "freecell --all" { same "freecell --all"; }
@test "freecell of one" { same "freecell 0; freecell --cellno 1; freecell 99"; }
@test "sysinfo" { same sysinfo; }
@test "nodecpustats" { same "nodecpustats; nodecpustats 0; nodecpustats --percent"; }
@test "nodememstats" { same nodememstats; }
@test "maxvcpus" { same "maxvcpus; maxvcpus test; maxvcpus --type nosuch"; }

@test "echo" { same "echo a b; echo --shell \"it's\"; echo --xml '<a>'"; }
@test "pwd" { same pwd; }
@test "cd only works in a shell that stays" { same "cd /"; }
@test "quit ends the commands" { same "hostname; quit; hostname"; }
@test "a failure does not stop the next command" { same "domstate nosuch; domstate test"; }
@test "a failure in the last command is the exit status" { same "domstate test; domstate nosuch"; }
@test "an unknown command" { same "frobnicate"; }
@test "an unknown option" { same "list --frobnicate"; }
@test "a missing argument" { same "dominfo"; }
@test "too many arguments" { same "dominfo test test"; }
@test "an option that is no number" { same "setvcpus test many"; }
@test "arguments by option name" { same "dominfo --domain test; setvcpus --domain test --count 1; domstate --domain=test"; }
@test "quotes" { same "dominfo \"test\"; dominfo 'te'st; dominfo te\\st"; }
@test "an unfinished quote" { same "dominfo 'test"; }
@test "commands as several arguments" { same list --all; }
@test "quiet" { same "list --all; dominfo test; start test" -- -q; }
@test "read-only" { same "list; suspend test; dominfo test" -- -r; }
