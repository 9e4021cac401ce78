"""Looks at what tests/cli/legacy_display.sh opened.

same PLAIN GOT      GOT is PLAIN but for the parameter hp-legacy-display
alike PLAIN GOT     the texts of the leaves are the same, once decoded
text FILE PATH      the decoded text of a leaf, as UTF-8
"""
import email, email.policy, re, sys

PARAMETER = re.compile(rb';\r?\n hp-legacy-display="1"')


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def leaves(message, path=''):
    if not message.is_multipart():
        yield path or '1', message
        return
    for i, part in enumerate(message.get_payload(), 1):
        yield from leaves(part, f'{path}.{i}' if path else str(i))


def text(part):
    octets = part.get_payload(decode=True)
    charset = part.get_content_charset() or 'us-ascii'
    if charset == 'x-none':
        charset = 'latin-1'
    return octets.decode(charset, 'replace')


def parse(path):
    return dict(leaves(email.message_from_bytes(read(path))))


what = sys.argv[1]
if what == 'same':
    sys.exit(read(sys.argv[2]) != PARAMETER.sub(b'', read(sys.argv[3])))
if what == 'alike':
    a, b = ({path: text(part).replace('\r\n', '\n') for path, part in parse(f).items()}
            for f in sys.argv[2:4])
    sys.exit(a != b)
if what == 'text':
    sys.stdout.buffer.write(text(parse(sys.argv[2])[sys.argv[3]]).encode())
