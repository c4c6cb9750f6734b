"""A peer for the bucket's half of the steady state: the same pages as the program's, through Python's botocore, 16 at a time."""

import os
from concurrent.futures import ThreadPoolExecutor

import botocore.session
from botocore.config import Config

BUCKET = "volsync-backups"
AT_ONCE = 16

client = botocore.session.get_session().create_client(
    "s3",
    endpoint_url=os.environ["BENCH_S3"],
    region_name=os.environ["AWS_REGION"],
    config=Config(max_pool_connections=AT_ONCE, s3={"addressing_style": "path"}),
)


def folders(prefix):
    """The names of the next level."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix, Delimiter="/")
    return [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", [])]


namespaces = [name for name in folders("") if not name.startswith(".")]
with ThreadPoolExecutor(AT_ONCE) as pool:
    print(sum(len(found) for found in pool.map(folders, namespaces)))
