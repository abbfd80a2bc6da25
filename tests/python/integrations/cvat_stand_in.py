"""As much of a CVAT server as cvat-cli needs to annotate a task: one task of picture files, kept in memory."""

import http.server
import io
import json
import threading
import urllib.parse
import zipfile

import PIL.Image

USER = {"url": "http://localhost/api/users/1", "id": 1, "username": "tester", "first_name": "", "last_name": ""}
DATE = "2026-01-01T00:00:00Z"
VERSION = "2.80.0"


class Server(http.server.ThreadingHTTPServer):
    """Listens on a free port; `uploads` has what was sent as (method, query, labelled data), `functions` what was
    registered for agents."""

    def __init__(self, pictures, labels):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pictures = list(pictures)
        self.labels = [{"id": number, "name": name, "type": kind, "color": "#123456", "attributes": [],
                        "sublabels": [], "parent_id": None, "has_parent": False}
                       for number, (name, kind) in enumerate(labels, 101)]
        self.uploads = []
        self.functions = []
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def label_name(self, number):
        return next(label["name"] for label in self.labels if label["id"] == number)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        address = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(address.query))
        answers = {"/api/server/about": self.about, "/api/tasks/1": self.task, "/api/labels": self.labels,
                   "/api/tasks/1/data/meta": self.meta}
        path = address.path.rstrip("/")
        if path == "/api/tasks/1/data" and query.get("type") == "chunk":
            self.answer(self.chunk(), "application/zip")
        elif path in answers:
            self.answer(json.dumps(answers[path]()).encode())
        else:
            self.send_error(404, self.path)

    def do_PATCH(self):
        address = urllib.parse.urlsplit(self.path)
        data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.uploads.append((self.command, dict(urllib.parse.parse_qsl(address.query)), data))
        self.answer(json.dumps({"version": 1, "tags": [], "shapes": [], "tracks": []}).encode())

    do_PUT = do_PATCH

    def do_POST(self):
        assert self.path.rstrip("/") == "/api/functions", self.path
        self.server.functions.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(json.dumps({**self.server.functions[-1], "id": len(self.server.functions)}).encode())

    def answer(self, body, kind="application/json"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

    def about(self):
        return {"name": "stand-in", "description": "", "version": VERSION, "subtitle": "", "logo_url": ""}

    def task(self):
        return {"url": "http://localhost/api/tasks/1", "id": 1, "name": "pictures", "project_id": None,
                "mode": "annotation", "owner": USER, "assignee": None, "bug_tracker": "", "created_date": DATE,
                "updated_date": DATE, "overlap": 0, "segment_size": 0, "status": "annotation", "data_chunk_size": 72,
                "data_compressed_chunk_type": "imageset", "guide_id": None, "data_original_chunk_type": "imageset",
                "size": len(self.server.pictures), "image_quality": 100, "data": 1, "dimension": "2d", "subset": "",
                "organization": None, "target_storage": None, "source_storage": None,
                "jobs": {"url": "", "count": 1, "completed": 0, "validation": 0},
                "labels": {"url": "http://localhost/api/labels"}, "assignee_updated_date": None,
                "organization_id": None, "data_cloud_storage_id": None, "validation_mode": None,
                "consensus_enabled": False, "media_type": "image"}

    def labels(self):
        return {"count": len(self.server.labels), "next": None, "previous": None, "results": self.server.labels}

    def meta(self):
        frames = []
        for path in self.server.pictures:
            width, height = PIL.Image.open(path).size
            frames.append({"width": width, "height": height, "name": path.name, "related_files": 0})
        return {"image_quality": 100, "start_frame": 0, "stop_frame": len(frames) - 1, "frame_filter": "",
                "frames": frames, "deleted_frames": [], "included_frames": None, "chunk_size": 72, "size": len(frames),
                "storage_method": "cache", "storage": "local", "cloud_storage_id": None, "chunks_updated_date": DATE}

    def chunk(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path in self.server.pictures:
                archive.writestr(path.name, path.read_bytes())
        return packed.getvalue()
