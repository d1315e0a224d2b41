// SPDX-License-Identifier: Apache-2.0
import WebServer

/// Sends frames back: messages of STUN as answers, ChannelData as media. A stream is kept from the first Allocate
/// request on, and let go by a Refresh request; a Connect request is answered with a flood of media and one answer
/// in the middle.
final class FrameEcho: FrameReceiver {
    private let journal: Journal

    init(_ journal: Journal) { self.journal = journal }

    func streamOpened(_ stream: FrameStream) {
        journal.note("opened \(stream.isSecure ? "securely" : "plainly") from \(stream.peer.host)")
    }

    func received(_ frames: UnsafeRawBufferPointer, on stream: FrameStream) {
        var rest = unsafe frames
        while stream.isOpen, let first = unsafe rest.first {
            let count = unsafe Int(rest[2]) << 8 | Int(rest[3])
            let payload = unsafe UnsafeRawBufferPointer(rebasing: rest[..<((first < 4 ? 20 : 4) + count)])
            let length = payload.count + (-payload.count & 3)
            if first >= 64 {
                unsafe stream.sendMedia(payload)
            } else {
                unsafe obey(rest[1], stream)
                unsafe stream.send(Array(payload))
            }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[length...])
        }
    }

    private func obey(_ method: UInt8, _ stream: FrameStream) {
        switch method {
        case 3: stream.keep(true)
        case 4: stream.keep(false)
        case 10: flood(stream, 20_000)
        case 11: flood(stream, 540)
        case 12: stream.finish()
        default: break
        }
    }

    private func flood(_ stream: FrameStream, _ count: Int) {
        let media = [0x40, 0, 0x3, 0xFC] + [UInt8](repeating: 0x55, count: 1020)
        for number in 0..<count {
            if number == 10_000 { stream.send(stun(9, id: 77)) }
            unsafe media.withUnsafeBytes { unsafe stream.sendMedia($0) }
        }
        journal.note("flooded")
    }

    func streamClosed(_ stream: FrameStream) { journal.note("closed") }
}

/// A message of STUN with a transaction id that ends in `id`, and `count` bytes of attributes.
func stun(_ method: UInt8, id: UInt8 = 0, count: Int = 0) -> [UInt8] {
    [
        0, method, UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count), 0x21, 0x12, 0xA4,
        0x42,
    ]
        + [UInt8](repeating: 0, count: 11) + [id] + [UInt8](repeating: 0, count: count)
}

/// ChannelData with `count` bytes of payload, and its padding.
func channelData(_ count: Int) -> [UInt8] {
    [0x40, 0, UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)]
        + [UInt8](repeating: 7, count: count) + [UInt8](repeating: 0, count: -count & 3)
}
