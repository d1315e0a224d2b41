// SPDX-License-Identifier: Apache-2.0

import EngineKit
import Glibc
import NetworkAddresses
import STUN
import TLS
import TURNRelay

// MARK: Payload

for count in [1, 1_000] {
    let load = Load(allocations: count)
    let name = "\(count) allocation\(count == 1 ? "" : "s")"
    let channelData = [0x40, 0, 3, 232] + [UInt8](repeating: 7, count: 1_000)
    load.measureEach("ChannelData of a client, \(name)", channelData)
    var send = STUNWriter(.send, .indication, id: STUNTransactionID(high: 1, low: 2))
    send.append(.xorPeerAddress, Load.peer)
    send.append(.data, [UInt8](repeating: 7, count: 1_000))
    load.measureEach("Send indication, \(name)", send.finish())
    load.measurePeer("data of a peer, to a channel, \(name)", from: Load.peer)
    load.measurePeer("data of a peer, to an indication, \(name)", from: Load.otherPeer)
}

// MARK: Requests

let load = Load(allocations: 10)
let bare = STUNWriter(.binding, .request, id: STUNTransactionID(high: 1, low: 1)).finish()
load.measureEach("Binding", bare)
var allocate = STUNWriter(.allocate, .request, id: STUNTransactionID(high: 1, low: 1))
allocate.append(.requestedTransport, firstByte: 17)
load.measureEach("Allocate without credentials", allocate.finish())
load.measureEach("40 bytes of nothing", [UInt8](repeating: 0, count: 40))
load.measureRefresh("Refresh")
load.measureCycle("Allocate, with the ledger, and Refresh to zero")

// MARK: Memory

let before = residentBytes()
let many = Load(allocations: 20_000)
print(
    "   bytes of engine, ledger and this program for each of \(many.clients.count) allocations:",
    (residentBytes() - before) / many.clients.count)

/// Memory of this process that is not swapped out or untouched.
func residentBytes() -> Int {
    var text = [CChar](repeating: 0, count: 128)
    let file = unsafe open("/proc/self/statm", O_RDONLY)
    defer { close(file) }
    let count = unsafe read(file, &text, text.count - 1)
    let fields = text.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }.split(separator: UInt8(ascii: " "))
    guard fields.count > 1 else { return 0 }
    return (Int(String(decoding: fields[1], as: UTF8.self)) ?? 0) * Int(getpagesize())
}
