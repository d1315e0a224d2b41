// SPDX-License-Identifier: Apache-2.0

import Congestion
import EngineKit
import FuzzKit
import RTP

/// What a peer and time can do to the congestion control of its connection: the input is a script of that.
struct Script {
    private let bytes: [UInt8]
    private var place = 0
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var control: CongestionControl
    private let settings = CongestionSettings()
    private var recorder = TransportFeedbackRecorder()
    private var allocator = LayerAllocator()
    private var slots: ContiguousArray<SlotDemand> = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let kinds: [FeedbackKind] = [.transportWide, .receiverEstimate, .none]
        control = CongestionControl(feedback: kinds[Int(bytes.first ?? 0) % 3], settings)
    }

    private mutating func next() -> Int {
        guard place < bytes.count else { return 0 }
        place += 1
        return Int(bytes[place - 1])
    }

    mutating func run() {
        while place < bytes.count {
            step()
            guard let target = control.target else { continue }
            promise(target >= settings.floor, "never below the floor")
            promise(target <= settings.ceiling, "never above the ceiling")
        }
    }

    private mutating func step() {
        switch next() % 12 {
        case 0: now = now.advanced(by: .milliseconds(next()))
        case 1: now = now.advanced(by: .seconds(next() * next()))
        case 2:
            for _ in 0..<next() { _ = control.sent(size: next() * 6, at: now) }
        case 3: hear(count: next())
        case 4: control.handle(receiverEstimate: UInt64(next()) << UInt64(next() & 63), at: now)
        case 5: control.handle(fractionLost: UInt8(next()), at: now)
        case 6: recorder.received(UInt16(next() << 8 | next()), at: now)
        case 7: tell(room: next() * 5)
        case 8: ask()
        case 9: control.wanted = next() << next() % 40
        case 10: allocate()
        default: answer()
        }
    }

    /// Feedback of any content.
    private mutating func hear(count: Int) {
        let words = 2 + count % 64
        var packet: [UInt8] = [0x8F, 205, 0, UInt8(words)]
        packet += (0..<words * 4).map { _ in UInt8(next()) }
        hear(packet)
    }

    private mutating func hear(_ packet: [UInt8]) {
        unsafe packet.withUnsafeBytes {
            var cursor = RTCPCursor()
            while let part = unsafe cursor.next(in: $0) { control.handle(part, at: now) }
        }
    }

    private mutating func tell(room: Int) {
        var bytes = [UInt8](repeating: 0, count: room)
        var last: UInt16?
        var calls = 0
        while true {
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe recorder.write(into: $0, sender: 1, media: 2)
            }
            guard count > 0 else { break }
            promise(count <= room, "writes no more than there is room for")
            calls += 1
            promise(calls <= 1024, "comes to an end")
            unsafe bytes.withUnsafeBytes { buffer in
                var cursor = RTCPCursor()
                let datagram = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
                while let packet = unsafe cursor.next(in: datagram) {
                    guard var statuses = packet.statuses() else { fatalError("can be read") }
                    while let status = packet.next(&statuses) {
                        if let last { promise(status.sequence == last &+ 1, "tells each number once") }
                        last = status.sequence
                    }
                }
                promise(!cursor.isBroken, "is whole")
            }
        }
        promise(recorder.deadline == nil, "has told everything")
    }

    /// Feedback about what was sent: the recorder's own, of any numbers.
    private mutating func answer() {
        var bytes = [UInt8](repeating: 0, count: 1200)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe recorder.write(into: $0, sender: 1, media: 2)
        }
        hear(Array(bytes[..<count]))
    }

    private mutating func ask() {
        let waiting = next() * next() * 16
        if let deadline = control.deadline(waiting: waiting), deadline <= now { control.tick(at: now) }
        promise(control.allowance(waiting: waiting, at: now) >= 0, "never owes anybody")
        promise(control.padding(at: now) <= 60_000_000 / 8 / 4, "pads no more than a probe needs")
    }

    private mutating func allocate() {
        slots.removeAll()
        for _ in 0..<next() % 80 {
            var rates = LayerRates()
            for place in 0..<next() % 13 {
                let layer = Layer(spatial: UInt8(place / 4), temporal: UInt8(place % 4))
                rates[layer] = next() << next() % 24
                rates.setHeight(next() * 8, of: UInt8(place / 4))
            }
            slots.append(
                SlotDemand(
                    priority: UInt8(next()), isScreen: next() % 8 == 0, height: next() * 9, rates: rates,
                    layer: next() % 2 == 0 ? nil : Layer(spatial: UInt8(next()), temporal: UInt8(next()))))
        }
        let target = next() << next() % 30
        _ = allocator.allocate(&slots, target: target, audio: 30_000, at: now)
        var sum = 0
        for slot in slots where slot.height > 0 {
            if let layer = slot.layer { sum += slot.rates[layer] }
        }
        promise(sum <= max(target - 30_000, 0) || slots.count > 64, "never gives away more than there is")
    }
}

fuzz { bytes in
    var script = Script(bytes)
    script.run()
}
