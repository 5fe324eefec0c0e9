"""Whatever clients did, a server starts again with the folder of it: tests by boto3 that change most kinds of state once more,
with `--data-dir`, and a second start behind each. What is there then is durability_boto3.py's to ask."""
import os
import pathlib
import subprocess
import sys

from serving import boto3

HERE = pathlib.Path(__file__).parent
SCRIPTS = ["s3_access", "s3_config", "s3_encryption", "s3_events", "s3_versions", "s3control", "sns", "sts"]
environment = {**os.environ, "AFORO_SERVE_AGAIN": "1", "AFORO_BUILD": ""}
for name in SCRIPTS:
    done = subprocess.run([sys.executable, HERE / f"{name}_boto3.py"], env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    assert "started again" in done.stdout, name
print(f"{len(SCRIPTS)} started again, boto3 {boto3.__version__}")
