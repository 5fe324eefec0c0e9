#!/usr/bin/env python3
"""docs/deploy: the AWS Batch job is one that botocore's model of SubmitJob takes, the Kubernetes Job is Indexed with as many
indexes as its command has shares, the Slurm script is one that bash parses; and the command of each, run as written for every
index with the names filled in, leaves parts that merge to the bytes of one run."""
import json, os, re, subprocess, sys, tempfile

aforo, source = os.path.join(os.environ["AFORO_BIN"], "aforo"), os.environ["AFORO_SOURCE"]
deploy = os.path.join(source, "docs/deploy")
try:
    import botocore.session
    import botocore.validate
    import yaml
except ImportError as e:
    print(f"skipped: {e}")
    sys.exit(77)

batch = json.load(open(os.path.join(deploy, "aws-batch.json")))
shape = botocore.session.get_session().get_service_model("batch").operation_model("SubmitJob").input_shape
report = botocore.validate.ParamValidator().validate(batch, shape)
assert not report.has_errors(), report.generate_report()
assert set(batch) <= set(shape.members), batch
job = yaml.safe_load(open(os.path.join(deploy, "kubernetes.yaml")))
spec = job["spec"]
assert (job["apiVersion"], job["kind"], spec["completionMode"]) == ("batch/v1", "Job", "Indexed"), job
assert spec["template"]["spec"]["restartPolicy"] in ("OnFailure", "Never"), "a Job takes no other"
container = spec["template"]["spec"]["containers"][0]
mounts = {v["name"] for v in spec["template"]["spec"]["volumes"]}
assert {m["name"] for m in container["volumeMounts"]} <= mounts
slurm = os.path.join(deploy, "slurm.sh")
subprocess.run(["bash", "-n", slurm], check=True)
text = open(slurm).read()
array = re.search(r"^#SBATCH --array=0-(\d+)$", text, re.M)

jobs = {"AWS_BATCH_JOB_ARRAY_INDEX": (batch["containerOverrides"]["command"][2], batch["arrayProperties"]["size"]),
        "JOB_COMPLETION_INDEX": (container["args"][0], spec["completions"]),
        "SLURM_ARRAY_TASK_ID": (text, int(array.group(1)) + 1)}
with tempfile.TemporaryDirectory() as work:
    os.makedirs(os.path.join(work, "bin"))
    os.symlink(aforo, os.path.join(work, "bin", "aforo"))
    with open(os.path.join(work, "bin", "aws"), "w") as f:  # aws s3 cp PART s3://...: into a folder
        f.write(f'#!/bin/sh\n[ "$1 $2" = "s3 cp" ] && cp "$3" "{work}/parts/${{4##*/}}"\n')
    os.chmod(os.path.join(work, "bin", "aws"), 0o755)
    flights, pipeline = os.path.join(source, "fixtures/captures/flights-2001-q1"), os.path.join(source, "fixtures/pipelines/flights.yaml")
    whole = subprocess.run([aforo, "tally", flights, "--pipeline", pipeline, "--by", "day", "--distinct", "flight_id", "--json", "--quiet"],
                           stdout=subprocess.PIPE, check=True).stdout
    for variable, (command, count) in jobs.items():
        assert f"--shard auto/{count} " in command, (variable, count)
        parts = os.path.join(work, "parts")
        os.makedirs(parts)
        names = {"s3://BUCKET/raw/PIPELINE/": flights, "/shared/CAPTURE": flights, "/etc/aforo/PIPELINE.yaml": pipeline,
                 "/shared/PIPELINE.yaml": pipeline, "--distinct ID": "--distinct flight_id", "/shared/parts/": parts + "/",
                 "/parts/": parts + "/", "/tmp/part": work + "/part"}
        command = re.sub("|".join(map(re.escape, names)), lambda m: names[m.group()], command)
        for index in range(count):
            subprocess.run(["bash", "-c", command], check=True, env={**os.environ, variable: str(index), "SLURM_CPUS_PER_TASK": "1",
                           "PATH": os.path.join(work, "bin") + ":" + os.environ["PATH"]}, stderr=subprocess.DEVNULL)
        files = sorted(os.path.join(parts, p) for p in os.listdir(parts))
        assert len(files) == count, (variable, files)
        merged = subprocess.run([aforo, "merge", "--json", *files], stdout=subprocess.PIPE, check=True).stdout
        assert merged == whole, variable
        subprocess.run(["rm", "-r", parts], check=True)
print("deploy: three manifests, each index's command run, merged to the bytes of one run")
