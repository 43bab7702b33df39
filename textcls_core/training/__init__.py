"""Fine-tuning: plan of batches, loop, worker process, launch."""
