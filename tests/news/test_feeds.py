"""Feeds from strangers: what comes in, and what must not."""

from __future__ import annotations

import codecs
import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo

import pytest

from var_outreach.errors import FetchError
from var_outreach.fetch import FetchPolicy, NotModified
from var_outreach.news.feeds import FeedReading, collect_feed, html_to_text, read_feed
from var_outreach.news.items import FoundItem, FoundNews

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TOPICS = {"jeugd-en-veiligheid": "Jeugd", "mensenhandel": "Mensenhandel"}
URL = "https://nieuws.example/feed.xml"
BOMB = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;">]><rss version="2.0"><channel><title>x</title>
<item><title>&c;</title></item></channel></rss>"""


def read(body: bytes | str, **changes: object) -> FoundNews:
    data = body.encode() if isinstance(body, str) else body
    values: dict[str, object] = {"zone": AMSTERDAM, "topics": TOPICS, **changes}
    return read_feed(data, feed_url=URL, **values)  # type: ignore[arg-type]


def rss(*items: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'{head}<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Nieuws</title>'
        f"<link>https://nieuws.example/</link>{inside}</channel></rss>"
    )


def one(item: str, **changes: object) -> FoundItem:
    (found,) = read(rss(item), **changes).items
    return found


def test_an_rss_item_is_read() -> None:
    found = one(
        "<title>Nieuwe aanpak &amp;amp; meer</title><link>https://nieuws.example/1?utm_source=x</link>"
        "<guid isPermaLink='false'>abc-1</guid><category>Jeugd</category>"
        "<pubDate>Mon, 24 Mar 2025 23:30:00 +0000</pubDate>"
        "<description>&lt;p&gt;Eerste &lt;b&gt;zin&lt;/b&gt;.&lt;/p&gt;"
        "&lt;p&gt;Tweede.&lt;/p&gt;</description>"
        "<media:content url='/beeld.jpg' type='image/jpeg'/>"
    )
    assert found.source == "feed"
    assert found.title == "Nieuwe aanpak & meer"
    assert found.summary == "Eerste zin. Tweede."
    assert found.url == "https://nieuws.example/1?utm_source=x"
    assert found.source_key == "nieuws.example/feed.xml#abc-1"
    assert found.topic == "jeugd-en-veiligheid"
    assert found.published_on == date(2025, 3, 25), "half past midnight in Amsterdam"
    assert (found.image, found.image_alt) == ("https://nieuws.example/beeld.jpg", "")


def test_an_atom_feed_is_read() -> None:
    (found,) = read(
        """<feed xmlns="http://www.w3.org/2005/Atom"><title>N</title>
        <entry><title type="html">Een &lt;em&gt;titel&lt;/em&gt;</title>
        <id>tag:nieuws.example,2025:1</id>
        <link href="/artikel/1"/><updated>2025-07-01T10:00:00+02:00</updated>
        <content type="xhtml">
        <div xmlns="http://www.w3.org/1999/xhtml"><p>Inhoud.</p></div></content>
        </entry></feed>""",
        topic="mensenhandel",
    ).items
    assert (found.title, found.summary) == ("Een titel", "Inhoud.")
    assert found.source_key == "tag:nieuws.example,2025:1"
    assert found.url == "https://nieuws.example/artikel/1"
    assert (found.topic, found.published_on) == ("mensenhandel", date(2025, 7, 1))


def test_an_empty_feed_is_a_feed() -> None:
    assert read(rss()).items == ()


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "JAVASCRIPT:alert(1)", "file:///etc/passwd"]
)
def test_a_link_that_is_none_is_left_out_and_noted(link: str) -> None:
    news = read(rss(f"<title>A</title><link>{link}</link><description>x</description>"))
    assert news.items[0].url is None
    assert "not a web address" in news.notes[0]


def test_scripts_and_handlers_in_a_summary_are_gone() -> None:
    found = one(
        "<title><![CDATA[<script>alert(1)</script>Kop<img src=x onerror=alert(1)>]]></title>"
        "<description><![CDATA[<style>p{}</style>Voor<script>alert('x')</script> na"
        "<a href='javascript:x'>klik</a><iframe src='http://evil.example'></iframe>]]></description>"
    )
    assert found.title == "Kop"
    assert found.summary == "Voor naklik"


def test_a_long_summary_is_cut_at_a_sentence() -> None:
    found = one(f"<title>A</title><description>{'Dit is een zin. ' * 100}</description>")
    assert found.summary.endswith("zin.")
    assert len(found.summary) <= 300


def test_an_item_comes_once_by_key_or_by_link() -> None:
    news = read(
        rss(
            "<title>A</title><guid>g1</guid><link>https://nieuws.example/1</link>",
            "<title>A weer</title><guid> g1 </guid><link>https://nieuws.example/1b</link>",
            "<title>A nog</title><guid>g2</guid><link>http://www.nieuws.example/1/?utm_x=1#a</link>",
            "<title>B</title><guid>g3</guid><link>https://nieuws.example/2</link>",
        )
    )
    assert [item.title for item in news.items] == ["A", "B"]


def test_a_key_without_guid_is_the_link_and_without_link_the_title() -> None:
    assert one("<title>A</title><link>https://www.nieuws.example/1/</link>").source_key == (
        "nieuws.example/1"
    )
    first, second = one("<title>A</title>"), one("<title>B</title>")
    assert first.source_key != second.source_key
    assert first.source_key == one("<title>A</title>").source_key


def test_no_more_than_the_first_items_come_in() -> None:
    news = read(rss(*(f"<title>{n}</title><guid>{n}</guid>" for n in range(80))), max_items=20)
    assert len(news.items) == 20
    assert "60 items" in news.notes[0]


def test_an_item_without_words_is_left_out_and_noted() -> None:
    news = read(rss("<guid>x</guid>", "<title>B</title>"))
    assert [item.title for item in news.items] == ["B"]
    assert "without title" in news.notes[0]


@pytest.mark.parametrize("moment", ["gisteren", "", "Mon, 99 Xxx 99999 99:99:99 GMT"])
def test_a_date_that_is_none_is_none(moment: str) -> None:
    assert one(f"<title>A</title><pubDate>{moment}</pubDate>").published_on is None


def test_broken_xml_is_read_as_far_as_it_goes_and_noted() -> None:
    broken = rss("<title>Kop & staart</title><description>Tekst <br> meer</description>")
    news = read(broken.replace("</channel></rss>", ""))
    assert news.items[0].title == "Kop & staart"
    assert "not well-formed" in news.notes[0]


def test_a_page_is_no_feed() -> None:
    for body in (b"", b"<html><body>x</body></html>", b"hello", b"{}", b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(FetchError, match=r"nieuws\.example/feed\.xml"):
            read(body)


# --- declarations -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        BOMB.encode(),
        BOMB.replace("DOCTYPE", "doctype").encode(),
        codecs.BOM_UTF8 + BOMB.encode(),
        BOMB.encode("utf-16"),
        codecs.BOM_UTF16_BE + BOMB.encode("utf-16-be"),
        BOMB.encode("utf-16-le"),
        BOMB.encode("utf-16-be"),
        BOMB.encode("utf-32"),
        BOMB.encode("utf-32-be"),
        BOMB.replace('"1.0"?', '"1.0" encoding="utf-7"?').encode("utf-7"),
        BOMB.replace('"1.0"?', '"1.0" encoding="cp037"?').encode("cp037"),
        b'<?xml version="1.0" encoding="UTF-7"?>+ADw-+ACE-DOCTYPE rss+AD4-<rss version="2.0"/>',
        b"+/v8-" + BOMB.encode("utf-7"),
        BOMB.replace("<?xml", "\n\n<?xml").encode(),
        BOMB.replace("<!DOCTYPE", "<!-- <![CDATA[ --><!DOCTYPE").encode(),
        rss("<title>A</title>").replace("<channel>", "<!DOCTYPE x><channel>").encode(),
        rss("<title><![CDATA[<!DOCTYPE x [<!ENTITY a 'b'>]>]]></title>").encode(),
        b'<rss version="2.0"><!ENTITY a "b"><channel/></rss>',
    ],
)
def test_a_declaration_is_refused_in_every_encoding(body: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(FetchError, match=r"nieuws\.example/feed\.xml"):
        read(body)
    assert time.monotonic() - started < 2


def test_a_header_cannot_name_another_encoding_than_we_judge_in() -> None:
    with pytest.raises(FetchError, match="encoding"):
        read(BOMB.encode("utf-7"), content_type="application/xml; charset=utf-7")


def test_utf_16_without_a_mark_is_said() -> None:
    with pytest.raises(FetchError, match="without a mark"):
        read(rss("<title>A</title>", head="").encode("utf-16-le"))


def test_an_article_with_its_own_html_doctype_is_only_text() -> None:
    found = one(
        "<title>A</title><description><![CDATA[<!DOCTYPE html><p>Tekst</p>]]></description>"
    )
    assert found.summary == "Tekst"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("cp1252", "windows-1252"),
        ("latin-1", "ISO-8859-1"),
        ("utf-16", "UTF-16"),
    ],
)
def test_honest_encodings_are_read(encoding: str, said: str) -> None:
    text = rss("<title>Reünie café</title>", head=f'<?xml version="1.0" encoding="{said}"?>')
    assert read(text.encode(encoding)).items[0].title == "Reünie café"


# --- size and time ------------------------------------------------------------------------------


def test_a_huge_feed_is_refused() -> None:
    with pytest.raises(FetchError, match="larger than 3072 kB"):
        read(rss(f"<title>{'x' * 4_000_000}</title>"))


@pytest.mark.parametrize(
    "body",
    [
        rss("<title>x</title>" * 160_000),
        "<rss version='2.0'><channel><item><title>a</title><description>" + "<![CDATA[" * 20_000,
        "<rss version='2.0'><channel>" + "<a " * 200_000,
    ],
    ids=["many-elements", "unclosed-sections", "broken-and-large"],
)
def test_a_feed_made_to_keep_us_busy_does_not(body: str) -> None:
    started = time.monotonic()
    with contextlib.suppress(FetchError):
        read(body)
    assert time.monotonic() - started < 5


def test_html_becomes_one_line_of_words() -> None:
    assert html_to_text("<ul><li>een</li><li>twee&nbsp;drie</li></ul>") == "een twee drie"
    assert html_to_text("a &lt;b&gt; &amp;amp;") == "a <b> &amp;"


# --- over the wire ------------------------------------------------------------------------------


@contextmanager
def serving(body: str) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            same = self.headers["If-None-Match"] == '"v1"'
            self.send_response(304 if same else 200)
            self.send_header("ETag", '"v1"')
            self.send_header("Content-Type", "application/rss+xml")
            self.end_headers()
            self.wfile.write(b"" if same else body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_feed_is_collected_once_and_then_not_modified() -> None:
    with serving(rss("<title>A</title><link>/1</link>")) as port:
        url = f"http://nieuws.example:{port}/feed"
        policy = FetchPolicy(
            allow=frozenset({f"nieuws.example:{port}"}), resolve=lambda host, port: ["127.0.0.1"]
        )
        first = collect_feed(url, policy=policy, zone=AMSTERDAM, topics=TOPICS)
        assert isinstance(first, FeedReading)
        assert first.news.items[0].url == f"http://nieuws.example:{port}/1"
        again = collect_feed(url, policy=policy, zone=AMSTERDAM, topics=TOPICS, etag=first.etag)
    assert isinstance(again, NotModified)
