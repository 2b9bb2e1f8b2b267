"""Texts and files that somebody sends who means harm, for every test of what is made of them."""

import itertools
from collections.abc import Iterator

from files_small import GOOD, archive, pdf, png, relation, word, workbook

EVIL = "https://evil.test/x"
MARKUP = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.test/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img/src='//evil.test/x.png'/onload=alert(1)>",
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "<svg><script href='data:,alert(1)'/></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='//evil.test/x.swf'></object><embed src=//evil.test/x>",
    "<link rel=stylesheet href=//evil.test/x.css><style>@import '//evil.test/x.css';</style>",
    "<base href=//evil.test/><meta http-equiv=refresh content='0;url=//evil.test'>",
    "<form action=//evil.test><input name=password autofocus onfocus=alert(1)></form>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video><audio src=//evil.test/x>",
    "<a href='javascript:alert(1)' style='position:fixed;inset:0'>x</a>",
    "</textarea><script>alert(1)</script>",
    "</title></h1></main><script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    '" autofocus onfocus=alert(1) x="',
    "<!--<script>--><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml-stylesheet href='//evil.test/x'?>",
    "{{ request.user.password }}{% load static %}{% include '/etc/passwd' %}",
    "${alert(1)}#{alert(1)}",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<\u202escript>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;&#60;script&#62;",
]
ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "javascript&colon;alert(1)",
    "&#106;avascript:alert(1)",
    "javascript&#58;alert(1)",
    "\x01javascript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:image/svg+xml;base64,PHN2Zy8+",
    "file:///etc/passwd",
    "//evil.test/x",
    "/\\evil.test/x",
    "\\\\evil.test\\x",
    "/\t/evil.test/x",
    "http://evil.test/x",
    "ftp://evil.test/x",
    "https:///evil.test",
    "https:\\\\evil.test",
    "/account/sign-out/",
    "?next=//evil.test",
    "#main",
    "blob:https://evil.test/1",
    'https://evil.test/"onmouseover=alert(1)//',
    "https://evil.test/'><script>alert(1)</script>",
    "mailto:a@evil.test?body=<script>",
]
LINKS = [
    "[words]({})",
    "[words](<{}>)",
    "![picture]({})",
    "[![picture]({0})]({0})",
    "<{}>",
    "[words][1]\n\n[1]: {} 'title \" onclick=alert(1)'",
]
PLACES = [
    "{}",
    "**{}**",
    "- {}",
    "> {}",
    "# {}",
    "| a |\n|---|\n| {} |",
    "    {}",
    "`{}`",
    "```html\n{}\n```",
]
FORMULAS = [
    f"{start}{rest}"
    for start in ("=", "+", "-", "@", "\t=", "\r=", "\n=", "\x00=", "＝", " =")
    for rest in ("cmd|'/C calc'!A0", f'HYPERLINK("{EVIL}")')
]
LARGE = [
    "x" * 20_000,
    "[" * 10_000,
    "](" * 10_000,
    "*" * 20_000,
    "> " * 10_000,
    "- " * 9_000 + "x",
    "`" * 19_999,
    "<" * 20_000,
    "![" * 9_000 + "](x)",
    "&" * 20_000,
    "\u0301" * 20_000,
    "| a " * 4_000 + "|\n" + "|---" * 900,
    "_a" * 9_999,
    "\n" * 20_000,
]


def texts() -> Iterator[str]:
    """Some five hundred."""
    for markup, place in itertools.product(MARKUP, PLACES):
        yield place.format(markup) if "{}" in place else place
    for address, link in itertools.product(ADDRESSES, LINKS):
        yield link.format(address)
    yield from FORMULAS
    yield from LARGE


def files() -> Iterator[tuple[str, bytes]]:
    """Each kind with a script before, behind and instead; names that lead elsewhere; documents that load or act."""
    script = b"<html><script>alert(1)</script>"
    for name, good in GOOD.items():
        yield name, script + good
        yield name, good + script
        yield name, script
        yield f"../../../{name}", good
        yield f"{name}.html", good
        yield f"{name}\x00.html", good
        yield f'"; filename="x.html"; {name}', good
        for other, content in GOOD.items():
            yield name, content + good if other != name else b"\x00" * 9
    for ending, make in (("docx", word), ("xlsx", workbook)):
        for kind in (
            "attachedTemplate",
            "image",
            "oleObject",
            "frame",
            "externalLinkPath",
            "hyperlink/../image",
        ):
            yield f"a.{ending}", make(**{"x/_rels/y.rels": relation(kind, EVIL)})
        yield f"a.{ending}", make(**{"../../evil": "x"})
        yield f"a.{ending}", make(vbaProject="x")
        yield f"a.{ending}", archive({"a": make()})
    for action in (
        b"/JavaScript",
        b"/Launch",
        b"/SubmitForm",
        b"/EmbeddedFile",
        b"/J#61v#61Script",
        b"/RichMedia",
    ):
        yield "a.pdf", pdf(b"<< /S " + action + b" >>")
    yield "a.png", png(archive({"x": "y"}))
    for formula in FORMULAS:
        yield "a.csv", f'a,"{formula.replace(chr(34), chr(34) * 2)}"\n'.encode()
