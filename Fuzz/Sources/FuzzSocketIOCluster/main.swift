// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import SocketIOCluster

private let node = ClusterNodeID(rawValue: "abcdef")
private let formats: [any ClusterFormat] = [ClassicRedisFormat(node: node), ShardedRedisFormat(node: node)]
private let channels = [
    "socket.io#/#", "socket.io-request#/#", "socket.io-response#/#", "socket.io#/#room#",
]

/// The first byte chooses a format and a channel; the rest was published there.
fuzz { bytes in
    guard let first = bytes.first else { return }
    let format = formats[Int(first) & 1]
    let channel = channels[Int(first) >> 1 & 3]
    let publication = ClusterPublication(channel: channel, bytes: Array(bytes.dropFirst()))
    guard let envelope = accepted({ try format.decode(publication) }) ?? nil else { return }
    // The first writing tidies up what the sender wrote in its own way, such as 1.0 for 1.
    guard let tidy = rewritten(envelope.message, format) else {
        return promise(false, "what was read can be written and read again")
    }
    promise(rewritten(tidy, format) == tidy, "a message survives a round trip")
}

private func rewritten(_ message: ClusterMessage, _ format: any ClusterFormat) -> ClusterMessage? {
    guard let publication = format.encode(message, to: nil) else { return nil }
    return (accepted({ try format.decode(publication) }) ?? nil)?.message
}
