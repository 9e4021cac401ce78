#!/usr/bin/env python3
"""Writes a real message: HTML with bank details, a PDF and a picture attached, Latin-1 and 8-bit text."""
import struct
import sys
import zlib
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime


def pdf():
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 200] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        None,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    text = b"BT /F1 18 Tf 40 120 Td (Invoice 4711: 1,250.00 EUR) Tj ET"
    objects[3] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text)
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n"
    out += b"".join(b"%010d 00000 n \n" % o for o in offsets)
    return out + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start


def png(size=64):
    rows = b"".join(b"\0" + bytes(v for x in range(size)
                    for v in ((x * 4) & 255, (y * 4) & 255, 128)) for y in range(size))

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def main():
    m = EmailMessage(policy=SMTP.clone(max_line_length=76))
    m["From"] = "Alice <alice@example.com>"
    m["To"] = "Bob <bob@example.com>"
    m["Subject"] = "Invoice 4711"
    # written today: a signature far from the Date is told
    m["Date"] = localtime()
    m["Message-ID"] = "<invoice-4711@example.com>"
    m.set_content("Dear Bob,\n\nplease pay 1,250.00 EUR to DE02 1203 0000 0000 2020 51.\n\nAlice\n",
                  cte="7bit")
    m.add_alternative(
        "<html><body><p>Dear Bob,</p>\n"
        "<p>please pay <b>1,250.00 EUR</b> to <tt>DE02 1203 0000 0000 2020 51</tt>.</p>\n"
        "<p>Alice</p></body></html>\n", subtype="html", cte="7bit")
    m.add_attachment(pdf(), maintype="application", subtype="pdf", filename="invoice-4711.pdf")
    m.add_attachment(png(), maintype="image", subtype="png", filename="picture.png")
    # Boundaries that are the same each time.
    m.set_boundary("=_invoice")
    for part in m.iter_parts():
        if part.is_multipart():
            part.set_boundary("=_letter")
    sys.stdout.buffer.write(m.as_bytes())


if __name__ == "__main__":
    main()
