"""What the gateway knows by heart: state read from compacted topics."""
