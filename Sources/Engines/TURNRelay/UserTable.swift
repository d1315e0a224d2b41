// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// Somebody with an allocation.
struct UserRecord {
    /// As it is on the wire, with the time of expiry if there is one.
    var name: [UInt8]
    /// How many allocations of this engine are theirs.
    var allocations: Int
    /// Unix time in seconds; `nil` for never.
    var expires: Int64?
    var toPeers = ByteBudget()
    var toClient = ByteBudget()
}

/// The users whose allocations live, by number. Nobody gets in before their credentials were checked.
struct UserTable {
    private(set) var records: ContiguousArray<UserRecord> = []
    private var numbers: [[UInt8]: UInt32] = [:]
    private var free: [UInt32] = []

    subscript(number: UInt32) -> UserRecord {
        get { records[Int(number)] }
        _modify { yield &records[Int(number)] }
    }

    /// Counts one allocation more for the user.
    mutating func enter(_ name: [UInt8], expires: Int64?) -> UInt32 {
        if let number = numbers[name] {
            records[Int(number)].allocations += 1
            return number
        }
        let record = UserRecord(name: name, allocations: 1, expires: expires)
        let number: UInt32
        if let used = free.popLast() {
            number = used
            records[Int(used)] = record
        } else {
            number = UInt32(records.count)
            records.append(record)
        }
        numbers[name] = number
        return number
    }

    /// Counts one less, and forgets the user with their last.
    mutating func leave(_ number: UInt32) {
        records[Int(number)].allocations -= 1
        guard records[Int(number)].allocations == 0 else { return }
        numbers[records[Int(number)].name] = nil
        records[Int(number)].name = []
        free.append(number)
    }
}
