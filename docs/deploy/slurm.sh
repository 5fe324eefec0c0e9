#!/bin/bash
#SBATCH --job-name=aforo-tally
#SBATCH --array=0-7
#SBATCH --cpus-per-task=2
#SBATCH --mem=256M
set -euo pipefail
aforo tally /shared/CAPTURE --pipeline /shared/PIPELINE.yaml --by day --distinct ID \
  --threads "$SLURM_CPUS_PER_TASK" --shard auto/8 --part "/shared/parts/part-$SLURM_ARRAY_TASK_ID"
