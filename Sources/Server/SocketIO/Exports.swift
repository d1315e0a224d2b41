// SPDX-License-Identifier: Apache-2.0
// What arguments and options are made of, and what adapters between servers carry: who imports the
// library needs these, too.
@_exported public import EngineIO
@_exported public import HTTP
@_exported public import JSON
@_exported public import JSONCoding
@_exported public import Redis
@_exported public import Signalling
@_exported public import SocketIOCluster
@_exported public import SocketIOPackets

@_exported public import struct EngineKit.Instant
@_exported public import struct STOMP.STOMPHeaders
@_exported public import enum STOMP.STOMPVersion
