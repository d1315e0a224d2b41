// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// The newest packets of one publication, all its layers, in the order in which they came.
///
/// Who forwards them keeps a position and reads on from there; whoever is asked for a packet again finds it by
/// its number. A position that has been overtaken is told from one that is held by arithmetic, so readers leave no
/// trace. Bytes lie in a ring of their own, without gaps but one at its end; both rings grow until they hold
/// ``span``, or are as large as they may be.
@safe struct PacketLog: ~Copyable {
    /// Bytes that may be written ahead before a packet is known to be genuine.
    static let reserve = 2_048

    private var records: UnsafeMutablePointer<PacketRecord>
    private var bytes: UnsafeMutableRawPointer
    private(set) var capacity: Int
    private(set) var byteCapacity: Int
    /// One more than the newest position. Positions begin at 1.
    private(set) var end: UInt64 = 1
    /// Where in the ring of bytes the next packet goes, counted from the beginning of time.
    private var byteEnd: UInt64 = 0
    private let span: Duration
    private let maximum: Int

    /// - Parameters:
    ///   - capacity: Packets at first; a power of two.
    ///   - byteCapacity: Bytes at first; a power of two of 8 kB or more.
    ///   - maximum: Bytes of the ring at most.
    init(capacity: Int, byteCapacity: Int, maximum: Int, span: Duration) {
        self.capacity = capacity
        self.byteCapacity = byteCapacity
        self.maximum = maximum
        self.span = span
        unsafe records = .allocate(capacity: capacity)
        unsafe records.initialize(repeating: PacketRecord(), count: capacity)
        unsafe bytes = .allocate(byteCount: byteCapacity, alignment: 64)
    }

    deinit {
        unsafe records.deallocate()
        unsafe bytes.deallocate()
    }

    /// The oldest position that is held.
    var start: UInt64 {
        var oldest = end > UInt64(capacity) ? end - UInt64(capacity) : 1
        // Bytes wear out sooner than records where packets are large.
        while oldest < end, unsafe !hasBytes(records[place(oldest)]) { oldest += 1 }
        return oldest
    }

    @inline(__always)
    private func place(_ position: UInt64) -> Int { Int(truncatingIfNeeded: position) & (capacity &- 1) }

    @inline(__always)
    private func hasBytes(_ record: PacketRecord) -> Bool {
        record.start &+ UInt64(byteCapacity) >= byteEnd &+ UInt64(Self.reserve)
    }

    /// Whether the packet of a position can still be read.
    @inline(__always)
    func holds(_ position: UInt64) -> Bool {
        guard position > 0, position < end, end &- position <= UInt64(capacity) else { return false }
        return unsafe hasBytes(records[place(position)])
    }

    /// The record at a position that ``holds(_:)``.
    @inline(__always)
    subscript(position: UInt64) -> Place<PacketRecord> { unsafe Place(at: records + place(position)) }

    /// The packet of a record that is held: what it keeps of its header extensions, then its payload.
    @inline(__always)
    func bytes(of record: PacketRecord) -> UnsafeMutableRawPointer {
        unsafe bytes + Int(truncatingIfNeeded: record.start) & (byteCapacity &- 1)
    }

    /// Room for a packet of at most `count` bytes, which becomes one when it is appended.
    /// - Parameter count: At most ``reserve`` / 2.
    @inline(__always)
    mutating func room(_ count: Int) -> UnsafeMutableRawPointer {
        let place = Int(truncatingIfNeeded: byteEnd) & (byteCapacity &- 1)
        if place &+ count > byteCapacity { byteEnd &+= UInt64(byteCapacity &- place) }
        return unsafe bytes + Int(truncatingIfNeeded: byteEnd) & (byteCapacity &- 1)
    }

    /// Makes what was written to the ``room(_:)`` the newest packet.
    /// - Parameter record: Its ``PacketRecord/start`` is set here.
    /// - Returns: Its position.
    @discardableResult
    mutating func append(_ record: PacketRecord, now: Instant) -> UInt64 {
        if end > UInt64(capacity), (end & 63) == 0 { growIfYoung(now) }
        var record = record
        record.start = byteEnd
        // Rounded up, so that payloads begin where caches like them.
        byteEnd &+= UInt64(record.byteCount &+ 15) & ~15
        let position = end
        unsafe records[place(position)] = record
        end &+= 1
        return position
    }

    /// Doubles what wears out before its ``span`` is over.
    private mutating func growIfYoung(_ now: Instant) {
        let oldest = start
        guard oldest < end, unsafe records[place(oldest)].arrival.duration(to: now) < span else { return }
        let fewRecords = end &- oldest >= UInt64(capacity) &- 1
        if fewRecords {
            if capacity < 8_192 { resize(capacity * 2, byteCapacity) }
        } else if byteCapacity < maximum {
            resize(capacity, byteCapacity * 2)
        }
    }

    private mutating func resize(_ newCapacity: Int, _ newByteCapacity: Int) {
        let oldest = start
        let newRecords = UnsafeMutablePointer<PacketRecord>.allocate(capacity: newCapacity)
        unsafe newRecords.initialize(repeating: PacketRecord(), count: newCapacity)
        let newBytes =
            newByteCapacity == byteCapacity
            ? unsafe bytes : UnsafeMutableRawPointer.allocate(byteCount: newByteCapacity, alignment: 64)
        // Positions in bytes go on: a packet never lies across the end of the smaller ring, so not of the larger.
        var position = oldest
        while position < end {
            let record = unsafe records[place(position)]
            unsafe newRecords[Int(truncatingIfNeeded: position) & (newCapacity - 1)] = record
            if newByteCapacity != byteCapacity {
                let source = unsafe bytes(of: record)
                let target = unsafe newBytes + Int(truncatingIfNeeded: record.start) & (newByteCapacity - 1)
                unsafe target.copyMemory(from: source, byteCount: record.byteCount)
            }
            position += 1
        }
        unsafe records.deallocate()
        unsafe records = newRecords
        if newByteCapacity != byteCapacity {
            unsafe bytes.deallocate()
            unsafe bytes = newBytes
        }
        capacity = newCapacity
        byteCapacity = newByteCapacity
    }
}
