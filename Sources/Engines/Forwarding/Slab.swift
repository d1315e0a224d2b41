// SPDX-License-Identifier: Apache-2.0

/// Where one value of a ``Slab`` lies. It means nothing any more once the value is removed.
@safe struct Place<Value: ~Copyable>: BitwiseCopyable {
    private let pointer: UnsafeMutablePointer<Value>

    /// A value that lies in memory of another owner.
    @inline(__always)
    init(at pointer: UnsafeMutablePointer<Value>) { unsafe self.pointer = pointer }

    @inline(__always)
    init(_ value: consuming Value) {
        let pointer = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        unsafe pointer.initialize(to: value)
        unsafe self.pointer = pointer
    }

    @inline(__always)
    var value: Value {
        unsafeAddress { unsafe UnsafePointer(pointer) }
        nonmutating unsafeMutableAddress { unsafe pointer }
    }

    /// Ends the value.
    func destroy() {
        unsafe pointer.deinitialize(count: 1)
        unsafe pointer.deallocate()
    }
}

/// Values at places that stay, found by number; a number that was freed is told from the one before by its
/// generation.
struct Slab<Element: ~Copyable>: ~Copyable {
    private var places: ContiguousArray<Place<Element>?> = []
    private var generations: ContiguousArray<UInt32> = []
    private var free: ContiguousArray<UInt32> = []

    /// How many there are.
    private(set) var count = 0

    deinit {
        for place in places { place?.destroy() }
    }

    /// One more than the greatest number that was ever in use.
    var end: UInt32 { UInt32(truncatingIfNeeded: places.count) }

    /// - Returns: The number and the generation.
    mutating func insert(_ element: consuming Element) -> (UInt32, UInt32) {
        let place = Place(element)
        count += 1
        if let index = free.popLast() {
            places[Int(index)] = place
            return (index, generations[Int(index)])
        }
        places.append(place)
        generations.append(0)
        return (UInt32(places.count - 1), 0)
    }

    mutating func remove(_ index: UInt32) {
        guard let place = self[index] else { return }
        place.destroy()
        places[Int(index)] = nil
        generations[Int(index)] &+= 1
        free.append(index)
        count -= 1
    }

    /// Where the element is.
    @inline(__always)
    subscript(index: UInt32) -> Place<Element>? {
        guard Int(index) < places.count else { return nil }
        return places[Int(index)]
    }

    /// Where the element is, unless the number belongs to another one by now.
    subscript(index: UInt32, generation: UInt32) -> Place<Element>? {
        guard Int(index) < places.count, generations[Int(index)] == generation else { return nil }
        return places[Int(index)]
    }

    func generation(_ index: UInt32) -> UInt32 {
        Int(index) < generations.count ? generations[Int(index)] : 0
    }
}
