// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// A name with allocations, as it is on the wire, with the time of expiry if there is one.
struct UserRecord {
    var name: [UInt8]
    /// Index in ``UserTable/accounts``.
    var account: UInt32
    /// How many allocations of this engine are theirs.
    var allocations = 1
}

/// Somebody, by whatever names: each credential that is minted has another time in front.
struct AccountRecord {
    /// ``Gatekeeper/account(of:)``.
    var name: String
    /// How many ``UserRecord``s are theirs.
    var users = 0
    var toPeers = ByteBudget()
    var toClient = ByteBudget()
    /// The first of their allocations: a list through ``Allocation/account``.
    var slots = endOfList
}

/// Where an allocation hangs in the list of its account.
struct AccountLink: BitwiseCopyable {
    /// Index in ``UserTable/accounts``.
    var account: UInt32 = 0
    var next = endOfList
    var previous = endOfList
}

/// The users whose allocations live, by number. Nobody gets in before their credentials were checked.
struct UserTable {
    private(set) var records: ContiguousArray<UserRecord> = []
    private(set) var accounts: ContiguousArray<AccountRecord> = []
    private var numbers: [[UInt8]: UInt32] = [:]
    private var accountNumbers: [String: UInt32] = [:]
    private var free: [UInt32] = []
    private var freeAccounts: [UInt32] = []

    subscript(number: UInt32) -> UserRecord { records[Int(number)] }

    subscript(account number: UInt32) -> AccountRecord {
        get { accounts[Int(number)] }
        _modify { yield &accounts[Int(number)] }
    }

    /// The number of a name on the wire, and that of its account.
    func find(_ name: [UInt8]) -> (user: UInt32, account: UInt32)? {
        guard let number = numbers[name] else { return nil }
        return (number, records[Int(number)].account)
    }

    func findAccount(_ name: String) -> UInt32? { accountNumbers[name] }

    /// Counts one allocation more for the user.
    mutating func enter(_ name: [UInt8], account: String) -> UInt32 {
        if let number = numbers[name] {
            records[Int(number)].allocations += 1
            return number
        }
        let record = UserRecord(name: name, account: enterAccount(account))
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
        leaveAccount(records[Int(number)].account)
    }

    private mutating func enterAccount(_ name: String) -> UInt32 {
        if let number = accountNumbers[name] {
            accounts[Int(number)].users += 1
            return number
        }
        let record = AccountRecord(name: name, users: 1)
        let number: UInt32
        if let used = freeAccounts.popLast() {
            number = used
            accounts[Int(used)] = record
        } else {
            number = UInt32(accounts.count)
            accounts.append(record)
        }
        accountNumbers[name] = number
        return number
    }

    private mutating func leaveAccount(_ number: UInt32) {
        accounts[Int(number)].users -= 1
        guard accounts[Int(number)].users == 0 else { return }
        accountNumbers[accounts[Int(number)].name] = nil
        accounts[Int(number)].name = ""
        freeAccounts.append(number)
    }

    // MARK: Allocations of an account

    mutating func link(_ slot: UInt32, slots: inout ContiguousArray<Allocation>) {
        let account = records[Int(slots[Int(slot)].user)].account
        let first = accounts[Int(account)].slots
        slots[Int(slot)].account = AccountLink(account: account, next: first)
        if first != endOfList { slots[Int(first)].account.previous = slot }
        accounts[Int(account)].slots = slot
    }

    mutating func unlink(_ slot: UInt32, slots: inout ContiguousArray<Allocation>) {
        let link = slots[Int(slot)].account
        if link.next != endOfList { slots[Int(link.next)].account.previous = link.previous }
        if link.previous != endOfList {
            slots[Int(link.previous)].account.next = link.next
        } else {
            accounts[Int(link.account)].slots = link.next
        }
        slots[Int(slot)].account = AccountLink()
    }
}
