#!/usr/bin/env python3
"""An S3 server that holds nothing but a listing, made page by page. Prints its endpoint.

usage: listing_server.py KEYS          so many keys below "many/"
       listing_server.py --hostile     keys that no file may be written under, and one good one; every object is "evil"
"""
import http.server
import random
import sys
import urllib.parse

HOSTILE = ["in/../../escaped", "in//etc/x", "in/./x", "in/link/x", "in/" + "n" * 300, "in/dir/", "in/dir/good"]
DATE = "2020-01-01T00:00:00.000Z"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 20

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Wed, 01 Jan 2020 00:00:00 GMT")
        self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(body)

    def page(self, query):
        entry = f"<Contents><Key>%s</Key><LastModified>{DATE}</LastModified><ETag>\"1\"</ETag><Size>4</Size></Contents>"
        if sys.argv[1] == "--hostile":
            return "".join(entry % key for key in HOSTILE), ""
        begin, total = int(query.get("continuation-token", ["0"])[0]), int(sys.argv[1])
        end = min(begin + 1000, total)
        text = "".join(entry % f"many/folder-{i // 1000:06}/object-with-a-name-{i:09}" for i in range(begin, end))
        return text, f"<NextContinuationToken>{end}</NextContinuationToken>" if end < total else ""

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        if "list-type" not in query:
            self.answer(b"evil")
            return
        entries, following = self.page(query)
        truncated = "true" if following else "false"
        self.answer(f"<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{following}{entries}</ListBucketResult>".encode())

    def log_message(self, *_):
        pass


while True:
    try:
        # Below the ports that the kernel gives away by itself.
        server = http.server.ThreadingHTTPServer(("127.0.0.1", random.randrange(3000, 12000)), Handler)
        break
    except OSError:
        continue
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
