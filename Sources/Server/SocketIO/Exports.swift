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
<<<<<<< HEAD
// What those who speak STOMP over a message session are told.
@_exported public import struct EngineKit.Instant
@_exported public import struct STOMP.STOMPHeaders
@_exported public import enum STOMP.STOMPVersion
=======
@_exported public import SocketIOPackets

// The time of a message session's event loop.
@_exported public import struct EngineKit.Instant
>>>>>>> 4cdd5023e120c2986a18931992652cf22894c739
