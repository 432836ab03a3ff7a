import io
import zipfile

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from communique.inference.readers.docx import read_docx

W = nsdecls("w")


def read(document) -> str:
    buffer = io.BytesIO()
    document.save(buffer)
    return read_docx(buffer.getvalue(), "x.docx").document.text


def test_what_a_reader_sees_in_its_order():
    document = docx.Document()
    document.add_paragraph("They met.")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells), ("State", "Sum", "Norway", "12"), strict=True
    ):
        cell.text = text
    document.add_paragraph("They parted.\nThey will meet again.")
    assert read(document).split("\n\n") == [
        "They met.",
        "State\tSum",
        "Norway\t12",
        "They parted.",
        "They will meet again.",
    ]


def test_tracked_changes_are_read_as_accepted_and_content_controls_and_boxes_too():
    document = docx.Document()
    body = document.element.body
    body.insert(
        0,
        parse_xml(
            f"<w:p {W}><w:r><w:t xml:space='preserve'>They agreed to </w:t></w:r>"
            "<w:del w:id='1'><w:r><w:delText>talk</w:delText></w:r></w:del>"
            "<w:ins w:id='2'><w:r><w:t>trade</w:t></w:r></w:ins><w:r><w:t>.</w:t></w:r>"
            "<w:r><w:txbxContent><w:p><w:r><w:t>In the box.</w:t></w:r></w:p></w:txbxContent></w:r></w:p>"
        ),
    )
    body.insert(
        0,
        parse_xml(
            f"<w:sdt {W}><w:sdtContent><w:p><w:r><w:t>In the control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        ),
    )
    assert read(document) == "In the control.\n\nThey agreed to trade.\n\nIn the box."


def test_footnotes_come_last():
    document = docx.Document()
    document.add_paragraph("They met.")
    buffer = io.BytesIO()
    document.save(buffer)
    notes = (
        f"<w:footnotes {W}><w:footnote w:type='separator' w:id='0'><w:p><w:r><w:t>-</w:t></w:r></w:p></w:footnote>"
        "<w:footnote w:id='1'><w:p><w:r><w:t>See the record.</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    link = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    changed = io.BytesIO()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name).decode("utf-8", "surrogateescape")
            if name == "[Content_Types].xml":
                part = f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>'
                content = content.replace("</Types>", part)
            elif name == "word/_rels/document.xml.rels":
                part = f'<Relationship Id="rId99" Type="{link}" Target="footnotes.xml"/></Relationships>'
                content = content.replace("</Relationships>", part)
            new.writestr(name, content.encode("utf-8", "surrogateescape"))
        new.writestr("word/footnotes.xml", notes)
    assert read_docx(changed.getvalue(), "x.docx").document.text == "They met.\n\nSee the record."
