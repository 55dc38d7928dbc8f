# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares our reader of known_hosts with ssh's own programs, over files made at random.
#   known-hosts.py find DIR COUNT SEED       with ssh-keygen -l -F: which lines are about a host
#   known-hosts.py verdict DIR COUNT SEED    with ssh to an sshd that is its ProxyCommand: what is said of its key
# DIR holds keys NAME and NAME.pub, of which "host" is the sshd's, and sshd_config.
import base64, hashlib, hmac, os, random, re, subprocess, sys

what, directory, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
rng = random.Random(seed)
KEYS = [open(f"{directory}/{n}").read().split()[:2] for n in sorted(os.listdir(directory)) if n.endswith(".pub")]
HOST_KEY = open(f"{directory}/host.pub").read().split()[:2]
HOSTS = [("host", 22), ("Host", 22), ("host", 2222), ("host.example.com", 22), ("10.0.0.7", 22), ("fe80::1", 22),
         ("fe80::1", 2222), ("a-b_c", 2022)]


def name_of(host, port):
    return host.lower() if port == 22 else f"[{host.lower()}]:{port}"


def hashed(name):
    salt = bytes(rng.randrange(256) for _ in range(rng.choice([20] * 9 + [19])))
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return "|1|%s|%s" % (base64.b64encode(salt).decode(), base64.b64encode(digest).decode())


def pattern(name):
    kind = rng.randrange(10)
    if kind < 4:
        return name
    if kind == 4:
        return name.upper()
    at = rng.randrange(len(name) + 1)
    if kind == 5:
        return name[:at] + "*" + name[min(at + rng.randrange(4), len(name)):]
    if kind == 6:
        return name[:at] + "?" + name[at + 1:]
    if kind == 7:
        return "*"
    return rng.choice(["**t", "h*", "[*]:2222", "*.example.com", "?" * len(name), "", "other", "x" * 1030, "*" * 1000])


def names(name):
    kind = rng.randrange(12)
    if kind < 3:
        return hashed(name)
    if kind == 3:
        return hashed(rng.choice(["other", name.upper(), name])) + rng.choice(["", "x", "|"])
    if kind == 4:
        return rng.choice(["|1|", "|1||", "|2|a|b", "|1|AAAA|AAAA", "|1|" + "A" * 27 + "=|" + "A" * 27 + "="])
    return ",".join(rng.choice(["", "", "", "!"]) + pattern(rng.choice([name, name, name_of(*rng.choice(HOSTS))]))
                    for _ in range(rng.choice([1, 1, 1, 2, 3])))


def line(name):
    kind = rng.randrange(20)
    if kind == 0:
        return rng.choice(["", "#", "# " + name, "   ", "\t# x", "@", "@revoked", "@revoked " + name, name, name + " ",
                           name + " 1024 35 1234567890", name + " ssh-ed25519", name + " ssh-ed25519 AAAA", "\0x",
                           name + " ssh-nothing AAAA", name + " ssh-ed25519 !!!!"])
    key = list(rng.choice(KEYS + [HOST_KEY] * 2))
    if kind == 1:
        key[0] = rng.choice(KEYS)[0]
    if kind == 2:
        key[1] = key[1][:rng.randrange(len(key[1]))]
    marker = rng.choice([""] * 12 + ["@cert-authority ", "@revoked ", "@revoked  ", "@nonsense ", "@revoked @revoked "])
    gap = rng.choice([" ", " ", " ", "\t", "  \t "])
    tail = rng.choice(["", "", " a comment", " ", "\r", " x\r", " # x", " \0 y"])
    return rng.choice(["", "", "", " ", "\t"]) + marker + names(name) + gap + key[0] + gap + key[1] + tail


def write(path, name):
    lines = [line(name) for _ in range(rng.randrange(6))]
    text = "\n".join(lines) + ("\n" if rng.randrange(4) else "")
    with open(path, "w", newline="") as f:
        f.write(text)
    return text


def keygen(name, path):
    """The lines that ssh-keygen finds, as our side writes them."""
    r = subprocess.run(["ssh-keygen", "-l", "-F", name, "-f", path], capture_output=True, text=True, timeout=20)
    found = re.findall(r"^# Host .* found: line (\d+)(.*)$", r.stdout, re.M)
    # a line whose key it cannot read is named, too, and has no fingerprint behind it
    bad = re.findall(r"line (\d+) invalid", r.stderr) + re.findall(r":(\d+): (?:invalid|parse)", r.stderr)
    return [n + {" CA ": "ca", " CA": "ca", " REVOKED ": "revoked", " REVOKED": "revoked"}.get(m, "")
            for n, m in found if n not in bad]


def ssh(host, port, path):
    """What ssh says of the server's key."""
    r = subprocess.run(["ssh", "-F", "none", "-T", "-o", f"ProxyCommand=/usr/sbin/sshd -i -f {directory}/sshd_config",
                        "-o", f"UserKnownHostsFile={path}", "-o", "GlobalKnownHostsFile=none", "-o", "BatchMode=yes",
                        "-o", "StrictHostKeyChecking=yes", "-o", f"HostKeyAlgorithms={HOST_KEY[0]}", "-o",
                        "PreferredAuthentications=none", "-p", str(port), host, "true"],
                       capture_output=True, text=True, timeout=60)
    for words, verdict in (("REVOKED HOST KEY", "revoked"), ("IDENTIFICATION HAS CHANGED", "changed"),
                           ("host key is known for", "unknown"), ("Permission denied", "ok")):
        if words in r.stderr:
            where = re.search(r"^Offending .* key in .*:(\d+)", r.stderr, re.M)
            return verdict, where and where[1]
    return r.stderr, None


cases = []
for i in range(count):
    host, port = rng.choice(HOSTS)
    path = f"{directory}/known_hosts.{i}"
    cases.append((host, port, path, write(path, name_of(host, port))))
asked = "".join(f"{h.lower()} {p} {path} {' '.join(HOST_KEY)}\n" for h, p, path, _ in cases)
ours = subprocess.run(["known-hosts-say"], input=asked, capture_output=True, text=True, timeout=60)
assert ours.returncode == 0, ours.stderr
answers = ours.stdout.splitlines()
assert len(answers) == count
seen = {}
for (host, port, path, text), answer in zip(cases, answers):
    verdict, number, *lines = answer.replace(":", "").split()
    if what == "find":
        mine, theirs = lines, keygen(name_of(host, port), path)
        seen[len(lines)] = seen.get(len(lines), 0) + 1
    else:
        said, where = ssh(host, port, path)
        # ssh has one word for two of ours, and names the last of the lines that differ
        mine, theirs = verdict, said if said != "changed" or verdict != "other" else "other"
        # a key that is revoked for the host is new to ssh on another port of it
        if (verdict, said) == ("revoked", "unknown") and port != 22:
            theirs = "revoked"
        if said == "changed" and where not in lines:
            mine = f"{verdict}, with line {where} not among {lines}"
        seen[verdict] = seen.get(verdict, 0) + 1
    if mine != theirs:
        sys.exit(f"{host} {port}: we say {mine}, ssh says {theirs} of {path}:\n{text!r}")
    os.unlink(path)
print(what, seen)
assert len(seen) >= 3, "the files are too much alike to prove anything"
