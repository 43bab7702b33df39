#!/usr/bin/env bash
# Template: one run on several machines. Make the run first, it starts nothing by itself:
#   python -m textcls_core train --dataset NAME --set num_nodes=2 --set num_processes=4
# then: sbatch docs/slurm.sh RUN_ID [PROCESSES_PER_NODE]
# All machines must see $TEXTCLS_HOME at the same path. Not run on a cluster yet: adapt it to yours.
#SBATCH --job-name=textcls
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=16
#SBATCH --time=04:00:00
# Two minutes before the end the run saves a checkpoint, keeps its best model and ends.
#SBATCH --signal=TERM@120
set -euo pipefail

cd "${TEXTCLS_APP:?set it to the folder of the app}"
export PATH="$PWD/.venv/bin:$PATH"
export TORCH_ELASTIC_SHUTDOWN_TIMEOUT=110 # seconds that torchrun leaves its processes after TERM
export run_id=$1
export num_processes=${2:-${SLURM_GPUS_ON_NODE:-4}} # as num_processes of the run
export run_folder=${TEXTCLS_HOME:?set it to the workspace}/runs/$run_id
first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
export first

# exec: torchrun itself gets the signal, not a shell that would die of it.
srun bash -c 'exec torchrun \
  --nnodes "$SLURM_NNODES" --nproc-per-node "$num_processes" --node-rank "$SLURM_NODEID" \
  --rdzv-backend c10d --rdzv-endpoint "$first:29400" --rdzv-id "$run_id" \
  -m textcls_core.training.worker "$run_folder"'
