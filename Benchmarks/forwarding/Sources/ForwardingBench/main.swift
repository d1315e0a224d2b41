// SPDX-License-Identifier: Apache-2.0
import Forwarding
import Glibc
import MediaPlans
import PacketCiphers
import RTP
import SRTP

/// Nanoseconds of processor time of this thread.
func processorTime() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

let extensions = [
    ExtensionPlan(id: 3, uri: ExtensionKind.absoluteSendTime.uri),
    ExtensionPlan(id: 5, uri: ExtensionKind.audioLevel.uri),
]

func measure<Ciphers: SRTPCiphers>(_ name: String, _ ciphers: Ciphers, viewers: Int, frames: Int) throws {
    var fanout = try Fanout.make(viewers: viewers, ciphers: ciphers, extensions: extensions)
    for _ in 0..<60 { _ = fanout.frame() }
    let (before, runs) = (fanout.packetsOut, fanout.runs)
    var spent: UInt64 = 0
    for _ in 0..<frames { spent += fanout.frame() }
    let packets = fanout.packetsOut - before
    let each = Double(spent) / Double(packets)
    let length = Double(packets) / Double(fanout.runs - runs)
    print(
        "\(name), \(viewers) viewers: \(packets) packets, \(Int(each)) ns each, "
            + "\(Int(length * 10)) packets in ten runs, \(fanout.drops) drops")
}

// How many frames, and with a second number how many watch: what is taken from the heap is compared in run.py.
let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let frames = numbers.first ?? 600
if numbers.count > 1 {
    try measure("fastest cipher", FastestCiphers(), viewers: numbers[1], frames: frames)
} else {
    for viewers in [1, 10, 200] { try measure("no cipher", NoCiphers(), viewers: viewers, frames: frames) }
    for viewers in [10, 200] {
        try measure("fastest cipher", FastestCiphers(), viewers: viewers, frames: frames)
    }
    if let openSSL = FastestCiphers(only: .openSSL) {
        try measure("OpenSSL", openSSL, viewers: 200, frames: frames)
    }
}
