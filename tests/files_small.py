"""Files as office programs and attackers make them, for the tests of attachments."""

import io
import struct
import zipfile
import zlib

_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_RELATION = (
    '<Relationship Id="r1" Type="http://x/relationships/{kind}" Target="{target}" TargetMode="External"/>'
)


def archive(parts: dict[str, str | bytes], comment: bytes = b"") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
        file.comment = comment
    return held.getvalue()


def word(**more: str | bytes) -> bytes:
    return _office("word/document.xml", more)


def workbook(**more: str | bytes) -> bytes:
    return _office("xl/workbook.xml", more)


def _office(body: str, more: dict[str, str | bytes]) -> bytes:
    parts = {"[Content_Types].xml": _TYPES, body: "<x/>"} | {k.replace("__", "/"): v for k, v in more.items()}
    return archive(parts)


def relation(kind: str, target: str) -> str:
    return f'<?xml version="1.0"?><Relationships>{_RELATION.format(kind=kind, target=target)}</Relationships>'


def pdf(body: bytes = b"1 0 obj\n<< /Type /Catalog >>\nendobj\n", end: bytes = b"%%EOF\n") -> bytes:
    return b"%PDF-1.7\n" + body + b"trailer\n" + end


def png(behind: bytes = b"") -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts + behind


JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20 + b"\xff\xd9"
GOOD = {
    "report.pdf": pdf(),
    "protocol.docx": word(),
    "figures.xlsx": workbook(),
    "table.csv": b"month,calls\n2025-09,1200\n2025-10,-5\nphone,+44 20 7946 0000\n",
    "notes.txt": b"Wir haben angerufen: 5 % weniger.\n",
    "picture.png": png(),
    "photo.jpg": JPEG,
}
