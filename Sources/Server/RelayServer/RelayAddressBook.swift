// SPDX-License-Identifier: Apache-2.0
internal import NetworkAddresses

/// The listening sockets' addresses by number, ``ClientAddress/local``.
///
/// An address that goes keeps its number: allocations made there are found again when it comes back.
struct RelayAddressBook: Sendable {
    private var entries: [(address: SocketAddress, isOpen: Bool)] = []
    private let capacity: Int

    /// - Parameter capacity: How many numbers there are.
    init(capacity: Int = 1 << 16) { self.capacity = capacity }

    /// What is listened on.
    var open: [SocketAddress] { entries.compactMap { $0.isOpen ? $0.address : nil } }

    /// Those of the wanted addresses that are not listened on. Without the ports that the system chooses.
    func missing(from wanted: [SocketAddress]) -> [SocketAddress] {
        wanted.filter { address in
            address.port != 0 && !entries.contains { $0.isOpen && $0.address == address }
        }
    }

    /// The number for an address that is listened on from now on; `nil` if all numbers have been given.
    mutating func add(_ address: SocketAddress) -> UInt16? {
        let index = entries.firstIndex { $0.address == address } ?? entries.count
        guard index < capacity, let number = UInt16(exactly: index) else { return nil }
        if index == entries.count { entries.append((address, true)) }
        entries[index].isOpen = true
        return number
    }

    /// The address is not listened on any more.
    mutating func close(_ number: UInt16) {
        guard Int(number) < entries.count else { return }
        entries[Int(number)].isOpen = false
    }

    /// Closes those that are not wanted any more, and returns their numbers.
    mutating func closeAll(except wanted: [SocketAddress]) -> [UInt16] {
        let gone = entries.indices.filter { entries[$0].isOpen && !wanted.contains(entries[$0].address) }
        for index in gone { entries[index].isOpen = false }
        return gone.map { UInt16(truncatingIfNeeded: $0) }
    }
}
