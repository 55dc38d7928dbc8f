# SPDX-License-Identifier: LGPL-2.1-or-later
"""rfb.py HOST:PORT PASSWORD: what an RFB server (RFC 6143) says to one who logs in."""
import socket
import subprocess
import sys


def encrypt(password, challenge):
    """RFC 6143, 7.2.2: by DES, the bits of each byte of the key the other way round."""
    key = bytes(int(f'{b:08b}'[::-1], 2) for b in password.encode().ljust(8, b'\0')[:8])
    return subprocess.run(['openssl', 'enc', '-des-ecb', '-nopad', '-K', key.hex(), '-provider', 'legacy',
                           '-provider', 'default'], input=challenge, capture_output=True, check=True).stdout


def main(address, password):
    host, port = address.rsplit(':', 1)
    with socket.create_connection((host, int(port)), timeout=20) as s:
        f = s.makefile('rwb', buffering=0)
        print(f.read(12).decode().strip())
        f.write(b'RFB 003.008\n')
        types = f.read(f.read(1)[0])
        print('security types', *types)
        f.write(types[:1])
        if types[0] == 2:
            f.write(encrypt(password, f.read(16)))
        if int.from_bytes(f.read(4), 'big') == 0:
            print('logged in')
        else:
            print('refused:', f.read(int.from_bytes(f.read(4), 'big')).decode())


main(*sys.argv[1:])
