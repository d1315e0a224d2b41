# SPDX-License-Identifier: Apache-2.0
"""What a Socket.IO server owes its clients, byte by byte.

Every case also holds for the reference implementation: name a command that starts it in JOURNEYS_CONFORMANCE_SERVER.
"""
