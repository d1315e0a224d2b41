// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import Dispatch
internal import EngineKit
internal import EventLoops
internal import Glibc
internal import NetworkAddresses
internal import Synchronization
internal import SystemCalls

/// Lets people meet on a server, measures, and lets them go.
public enum LoadRun {
    /// Blocks until it is over.
    /// - Parameter tell: Hears how far it has come, in words.
    public static func perform(_ plan: LoadPlan, tell: @escaping @Sendable (String) -> Void)
        throws(LoadFailure)
        -> LoadReport
    {
        let place = try ServerPlace(plan)
        let crowd = try makeCrowd(plan, place)
        let joiner = Joiner(plan: plan, place: place, crowd: crowd)
        defer {
            crowd.wait { $0.closeAll() }
            crowd.loop.stop()
        }
        let joining = Joining(plan: plan, joiner: joiner)
        let started = Instant.monotonic()
        try joining.run(tell)
        let took = started.duration(to: .monotonic())
        defer { joining.leave() }
        if joining.joined == 0 { throw LoadFailure(joining.failures.first ?? "nobody could join") }
        tell("Everybody is in after \(seconds(took)) s; measuring for \(plan.seconds) s.")
        // What belongs to joining is over by then.
        sleep(1)
        let process = plan.process.flatMap { ProcessTime($0) }
        let begin = Instant.monotonic()
        let before = crowd.wait { $0.beginMeasuring() }
        sleep(UInt32(max(plan.seconds, 1)))
        let (after, audio, video) = crowd.wait { $0.endMeasuring() }
        let measured = begin.duration(to: .monotonic())
        let used = process.flatMap { before in ProcessTime(before.process).map { $0.seconds - before.seconds }
        }
        let arrivals = crowd.wait { $0.arrivals() }
        return LoadReport(
            plan: plan, joined: joining.joined, failures: joining.failures, joining: took, measured: measured,
            before: before, after: after, audioDelay: audio, videoDelay: video, connected: arrivals.connected,
            firstPacket: arrivals.packet, firstFrame: arrivals.frame, lostSeats: crowd.wait { $0.lostSeats },
            serverSeconds: used)
    }

    private static func makeCrowd(_ plan: LoadPlan, _ place: ServerPlace) throws(LoadFailure) -> LoopBound<
        Crowd
    > {
        guard let own = IPAddress.source(toward: place.ip) else {
            throw LoadFailure("There is no way to \(place.ip).")
        }
        let loop: EventLoop
        do throws(SystemCallError) { loop = try EventLoop.start(name: "load") } catch {
            throw LoadFailure("\(error)")
        }
        let box = Box()
        loop.execute {
            if let site = try? LoadSite(loop: loop, ownIP: own) {
                box.value.withLock { $0 = LoopBound(Crowd(site: site, plan: plan), on: loop) }
            }
            box.isFilled.signal()
        }
        box.isFilled.wait()
        guard let crowd = box.value.withLock(\.self) else { throw LoadFailure("no certificate for DTLS") }
        return crowd
    }

    private final class Box: Sendable {
        let value = Mutex<LoopBound<Crowd>?>(nil)
        let isFilled = DispatchSemaphore(value: 0)
    }
}

/// Brings everybody in, several at a time.
private final class Joining: Sendable {
    private struct State {
        var joined = 0
        var failures: [String] = []
        var resources: [String] = []
        var next = 0
    }

    private let plan: LoadPlan
    private let joiner: Joiner
    private let state = Mutex(State())

    init(plan: LoadPlan, joiner: Joiner) {
        self.plan = plan
        self.joiner = joiner
    }

    var joined: Int { state.withLock { $0.joined } }
    var failures: [String] { state.withLock { $0.failures } }

    func run(_ tell: @escaping @Sendable (String) -> Void) throws(LoadFailure) {
        switch plan.way {
        case .meet: try runMeetings(tell)
        case .whip: runRooms(tell)
        }
    }

    private func runMeetings(_ tell: @escaping @Sendable (String) -> Void) throws(LoadFailure) {
        var meetings: [String] = []
        if let meeting = plan.meeting { meetings.append(meeting) }
        while meetings.count < plan.rooms { meetings.append(try joiner.makeMeeting()) }
        let (plan, meetings_) = (plan, meetings)
        each(plan.rooms * plan.people) { [joiner] index throws(LoadFailure) in
            let place = index / plan.rooms
            let sends = place < plan.publishersInRoom
            let number = UInt32(2 * index + 1)
            _ = try joiner.join(
                meeting: meetings_[index % plan.rooms], name: "Load \(index + 1)", place: place,
                numbers: (sends ? number : 0, number + 1))
            return nil
        }
    }

    private func runRooms(_ tell: @escaping @Sendable (String) -> Void) {
        let plan = plan
        // Names of this run's own, should another one go on.
        let run = String(UInt32(truncatingIfNeeded: Instant.monotonic().nanoseconds / 1000), radix: 36)
        let publishers = plan.publishersInRoom
        each(plan.rooms * publishers) { [joiner] index throws(LoadFailure) in
            try joiner.publish(
                room: "load-\(run)-\(index % plan.rooms)", publisher: "p\(index / plan.rooms)",
                place: index / plan.rooms, number: UInt32(index + 1))
        }
        guard failures.isEmpty else { return }
        each(plan.rooms * plan.people) { [joiner] index throws(LoadFailure) in
            try joiner.watch(
                room: "load-\(run)-\(index % plan.rooms)", number: UInt32(plan.rooms * publishers + index + 1)
            )
        }
    }

    /// Calls `body` with each number below `count`, at most ``LoadPlan/joinsAtOnce`` at a time.
    /// - Parameter body: Returns what has to be deleted in the end.
    private func each(_ count: Int, _ body: @escaping @Sendable (Int) throws(LoadFailure) -> String?) {
        state.withLock { $0.next = 0 }
        let group = DispatchGroup()
        for _ in 0..<min(max(plan.joinsAtOnce, 1), count) {
            let thread = Worker { [self] in
                while true {
                    let index = state.withLock { state -> Int in
                        state.next += 1
                        return state.next - 1
                    }
                    guard index < count else { break }
                    do throws(LoadFailure) {
                        let resource = try body(index)
                        state.withLock {
                            $0.joined += 1
                            if let resource { $0.resources.append(resource) }
                        }
                    } catch {
                        state.withLock { $0.failures.append(error.description) }
                    }
                }
                group.leave()
            }
            group.enter()
            if !thread.start() { group.leave() }
        }
        group.wait()
    }

    /// Deletes what was made.
    func leave() {
        let resources = state.withLock { $0.resources }
        each(resources.count) { [joiner] index throws(LoadFailure) in
            joiner.delete(resources[index])
            return nil
        }
    }
}

/// A thread that may wait.
private final class Worker: Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func start() -> Bool {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let status = unsafe pthread_create(
            &thread, nil,
            {
                guard let context = unsafe $0 else { return nil }
                unsafe Unmanaged<Worker>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, context)
        guard status == 0 else {
            unsafe Unmanaged<Worker>.fromOpaque(context).release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}

/// Processor time that a process has used.
struct ProcessTime {
    let process: Int32
    let seconds: Double

    init?(_ process: Int32) {
        self.process = process
        var text = [UInt8](repeating: 0, count: 1024)
        let file = unsafe open("/proc/\(process)/stat", O_RDONLY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let count = unsafe read(file, &text, text.count)
        guard count > 0 else { return nil }
        // The name, in parentheses, may contain anything.
        guard let end = text[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[(end + 1)..<count].split(separator: UInt8(ascii: " "))
        guard fields.count > 12, let user = Int(String(decoding: fields[11], as: UTF8.self)),
            let system = Int(String(decoding: fields[12], as: UTF8.self))
        else { return nil }
        seconds = Double(user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
