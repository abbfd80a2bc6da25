#!/usr/bin/env bash
# Segments a folder of pictures with a Slurm job array: each task is a shard, all write into one folder.
#
#   sbatch --array=1-64 examples/slurm_array.sh PICTURES OUT "bat, rock | stone" [options of fcclip segment]
#
# The same command goes on with what is missing after tasks were killed, and so does one with another number of tasks.
# Pictures, OUT and the model must lie on a disk that all machines share. On GPUs: sbatch --gpus-per-task=1 …, and
# --device cuda behind the words.
#SBATCH --job-name=fcclip
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH --requeue
#SBATCH --output=fcclip-%A_%a.log
# A minute before the time is up, so that the picture at work ends well; exec below makes it fcclip's signal.
#SBATCH --signal=B:TERM@60
set -euo pipefail

if [ $# -lt 3 ]; then
  echo 'usage: sbatch --array=1-N slurm_array.sh PICTURES OUT WORDS [options of fcclip segment]' >&2
  exit 2
fi
pictures=$1 output=$2 words=$3
shift 3

# Without gaps, or pictures would belong to no task.
if [ "${SLURM_ARRAY_TASK_MIN:-0}" != 1 ] || [ "$SLURM_ARRAY_TASK_MAX" != "$SLURM_ARRAY_TASK_COUNT" ]; then
  echo 'slurm_array.sh: start it with sbatch --array=1-N; any N goes on where other tasks stopped' >&2
  exit 2
fi

exec fcclip segment "$pictures" -c "$words" -o "$output" --resume --quiet \
  --threads "${SLURM_CPUS_PER_TASK:-1}" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" "$@"
