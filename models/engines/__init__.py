"""What computes: OpenVINO (default on a CPU) and torch (the reference), behind one interface."""
