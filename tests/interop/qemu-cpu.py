# SPDX-License-Identifier: LGPL-2.1-or-later
"""qemu-cpu.py URI URI: paused guests with many processors; what each daemon says that they became."""
import difflib
import re
import sys

import libvirt

CPUS = """
<cpu mode='host-model'/>
<cpu mode='host-model' check='none'/>
<cpu mode='host-model'><model vendor_id='KVMKVMKVMKVM'/></cpu>
<cpu mode='host-model'><feature policy='disable' name='aes'/><feature policy='require' name='vmx'/></cpu>
<cpu mode='maximum'/>
<cpu mode='host-passthrough'/>
<cpu><model>Penryn</model></cpu>
<cpu><model>EPYC</model></cpu>
<cpu><model>EPYC</model><feature name='monitor'/></cpu>
<cpu check='full'><model>Haswell</model></cpu>
<cpu check='full'><model>kvm64</model></cpu>
<cpu check='partial'><model>Haswell</model></cpu>
<cpu check='partial'><model>Westmere</model></cpu>
<cpu match='minimum'><model>Nehalem</model></cpu>
<cpu match='strict'><model>Nehalem</model></cpu>
<cpu match='strict' check='partial'><model>Nehalem</model></cpu>
<cpu><model>Nehalem</model><feature policy='optional' name='avx2'/><feature policy='optional' name='vmx'/></cpu>
<cpu><model>Nehalem</model><feature policy='forbid' name='avx2'/></cpu>
<cpu check='partial'><model>Nehalem</model><feature policy='forbid' name='avx2'/></cpu>
<cpu check='partial'><model>Nehalem</model><feature policy='forbid' name='vmx'/></cpu>
<cpu check='partial'><model>Nehalem</model><feature policy='force' name='vmx'/></cpu>
<cpu><model>Nehalem</model><vendor>AMD</vendor></cpu>
<cpu check='partial'><model>Nehalem</model><vendor>AMD</vendor></cpu>
<cpu><model fallback='forbid'>cpu64-rhel6</model></cpu>
<cpu><model fallback='allow'>cpu64-rhel6</model></cpu>
<cpu><model>Skylake-Client-noTSX-IBRS</model></cpu>
<cpu><model>coreduo</model><feature name='cmt'/></cpu>
<cpu><model>Cooperlake</model></cpu>
<cpu><model>Penryn</model><feature name='nonsense'/></cpu>
<cpu><topology sockets='1' cores='2' threads='1'/></cpu>
""".split('\n')

GUEST = """<domain type='qemu'><name>cpus</name><memory unit='MiB'>16</memory><vcpu>2</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os>%s
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices></domain>"""


def became(conn, cpu):
    try:
        dom = conn.createXML(GUEST % cpu, libvirt.VIR_DOMAIN_START_PAUSED)
        xml = dom.XMLDesc(0)
        dom.destroy()
    except libvirt.libvirtError as e:
        return ['%d %d %s' % (e.get_error_code(), e.get_error_domain(), e.get_error_message())]
    return re.search(r'<cpu .*?(/>|</cpu>)', xml.replace('\n', '\r')).group(0).split('\r')


def main():
    libvirt.registerErrorHandler(lambda *_: None, None)
    theirs, ours = (libvirt.open(uri) for uri in sys.argv[1:3])
    wrong = 0
    for cpu in CPUS:
        a, b = became(theirs, cpu), became(ours, cpu)
        if a != b:
            wrong = 1
            print(cpu, *difflib.unified_diff(a, b, lineterm='', n=0), sep='\n')
    sys.exit(wrong)


main()
