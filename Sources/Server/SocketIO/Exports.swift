// SPDX-License-Identifier: Apache-2.0
// What arguments, options, adapters between servers and STOMP frames are made of: who imports the
// library needs these, too.
@_exported public import EngineIO
@_exported public import HTTP
@_exported public import JSON
@_exported public import JSONCoding
@_exported public import Redis
@_exported public import STOMP
@_exported public import Signalling
@_exported public import SocketIOCluster
@_exported public import SocketIOPackets

// The time of a message session's event loop.
@_exported public import struct EngineKit.Instant
