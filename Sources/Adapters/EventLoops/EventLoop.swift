// SPDX-License-Identifier: Apache-2.0
internal import CNet
public import EngineKit
internal import Glibc
internal import Synchronization
public import SystemCalls

/// What a descriptor's owner is told when the descriptor is ready.
public protocol EventHandler: AnyObject {
    func ready(_ events: Readiness)
}

/// Work put off to the end of the loop's turn, so that many small writes leave as one.
public protocol TurnEndHandler: AnyObject {
    func turnEnded()
}

/// Which way a descriptor is ready, or is waited for.
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static var readable: Readiness { Readiness(rawValue: EPOLLIN.rawValue) }
    public static var writable: Readiness { Readiness(rawValue: EPOLLOUT.rawValue) }
    /// An error or a hang-up; reported whether waited for or not.
    public static var broken: Readiness { Readiness(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue) }
}

/// One thread that waits in epoll and runs the handlers, timers and jobs given to it, one at a time.
///
/// It is also a serial executor: an actor that names it as its executor runs on this thread, and code
/// already on the loop enters that actor with `assumeIsolated`, without a hop or a lock.
///
/// `@unchecked Sendable`: the job queue is behind a mutex; everything else is touched by the loop's
/// thread alone, which each method checks.
public final class EventLoop: SerialExecutor, @unchecked Sendable {
    /// How many processors this process may run on: as many loops as that have work for all of them.
    public static var processors: Int { Int(cnet_processors()) }

    private enum Job: Sendable {
        case swift(UnownedJob)
        case closure(@Sendable () -> Void)
    }

    /// Finds a handler again from the 64-bit token epoll carries.
    private struct Slot {
        var handler: (any EventHandler)?
        /// Grows each time the slot is freed, so that an event of the same epoll batch for a
        /// descriptor closed meanwhile finds nobody.
        var generation: UInt32 = 0
    }

    private static let wakeUpToken = UInt64.max

    public let name: String
    private let epoll: Int32
    private let wakeUp: Int32
    private let jobs = Mutex<[Job]>([])
    private let isSignalled = Atomic<Bool>(false)
    private let thread = Atomic<UInt>(0)

    // The loop's thread only, from here on.
    private var running: [Job] = []
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var timers = TimerHeap()
    private var turnEnds: [any TurnEndHandler] = []
    private var isStopping = false
    private var exactEnd: Instant?
    /// Monotonic time, read once per turn.
    public private(set) var now = Instant.monotonic()

    private init(name: String) throws(SystemCallError) {
        self.name = name
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw SystemCallError(call: "epoll_create1", code: errno) }
        wakeUp = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard wakeUp >= 0 else { throw SystemCallError(call: "eventfd", code: errno) }
        let status = cnet_epoll_control(epoll, EPOLL_CTL_ADD, wakeUp, EPOLLIN.rawValue, Self.wakeUpToken)
        guard status == 0 else { throw SystemCallError(call: "epoll_ctl", code: errno) }
    }

    deinit {
        close(wakeUp)
        close(epoll)
    }

    /// Starts a loop on a thread of its own.
    public static func start(name: String) throws(SystemCallError) -> EventLoop {
        let loop = try EventLoop(name: name)
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(loop).toOpaque()
        let status = unsafe pthread_create(&thread, nil, Self.threadMain, context)
        guard status == 0 else {
            unsafe Unmanaged<EventLoop>.fromOpaque(context).release()
            throw SystemCallError(call: "pthread_create", code: status)
        }
        pthread_detach(thread)
        return loop
    }

    private static let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        guard let context = unsafe $0 else { return nil }
        let loop = unsafe Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue()
        unsafe cnet_name_thread(loop.name)
        loop.run()
        return nil
    }

    /// Whether the caller is on the loop's thread.
    public var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Runs `job` on the loop after everything queued before it. From any thread.
    public func execute(_ job: @escaping @Sendable () -> Void) { enqueue(.closure(job)) }

    /// Leaves the loop after the jobs already queued have run. From any thread.
    public func stop() { execute { self.isStopping = true } }

    private func enqueue(_ job: Job) {
        jobs.withLock { $0.append(job) }
        // The loop looks at the queue before it sleeps; only other threads must wake it, once.
        guard !isCurrent, !isSignalled.exchange(true, ordering: .sequentiallyConsistent) else { return }
        var one: UInt64 = 1
        _ = unsafe write(wakeUp, &one, 8)
    }

    // MARK: Descriptors

    /// Starts watching `descriptor`. The token names this registration until it is removed.
    public func register(
        _ descriptor: Int32, for interest: Readiness, _ handler: any EventHandler
    ) throws(SystemCallError) -> Registration {
        precondition(isCurrent, "called off the event loop")
        let index = freeSlots.popLast() ?? slots.count
        if index == slots.count { slots.append(Slot()) }
        slots[index].handler = handler
        let token = UInt64(slots[index].generation) << 32 | UInt64(index)
        let status = cnet_epoll_control(epoll, EPOLL_CTL_ADD, descriptor, interest.rawValue, token)
        guard status == 0 else {
            let code = errno
            free(slot: index)
            throw SystemCallError(call: "epoll_ctl", code: code)
        }
        return Registration(descriptor: descriptor, token: token)
    }

    /// Changes what `registration` waits for.
    public func update(_ registration: Registration, for interest: Readiness) {
        precondition(isCurrent, "called off the event loop")
        _ = cnet_epoll_control(
            epoll, EPOLL_CTL_MOD, registration.descriptor, interest.rawValue, registration.token)
    }

    /// Stops watching. Events already fetched for it are dropped. The descriptor stays open.
    public func remove(_ registration: Registration) {
        precondition(isCurrent, "called off the event loop")
        _ = cnet_epoll_control(epoll, EPOLL_CTL_DEL, registration.descriptor, 0, 0)
        free(slot: Int(UInt32(truncatingIfNeeded: registration.token)))
    }

    /// Forgets a descriptor whose last reference the caller is about to close: epoll then does so by itself.
    public func forget(_ registration: Registration) {
        precondition(isCurrent, "called off the event loop")
        free(slot: Int(UInt32(truncatingIfNeeded: registration.token)))
    }

    private func free(slot index: Int) {
        slots[index].handler = nil
        slots[index].generation &+= 1
        freeSlots.append(index)
    }

    /// One watched descriptor.
    public struct Registration: Hashable, Sendable {
        let descriptor: Int32
        let token: UInt64
    }

    // MARK: Timers and turn ends

    func push(_ timer: LoopTimer, at instant: Instant) {
        precondition(isCurrent, "called off the event loop")
        timers.push(timer, at: instant)
    }

    func timerCancelled() { if isCurrent { timers.noteCancelled() } }

    /// Timers that are waited for, and cancelled ones that are not forgotten yet.
    var timerCount: Int { timers.count }

    /// Has the loop begin a turn at `instant`. Timers may be up to a millisecond late otherwise, which is no good for
    /// what is put off by less.
    public func wake(at instant: Instant) {
        precondition(isCurrent, "called off the event loop")
        exactEnd = exactEnd.map { min($0, instant) } ?? instant
    }

    /// Calls `handler` once, when this turn's events and jobs are done.
    public func atTurnEnd(_ handler: any TurnEndHandler) {
        precondition(isCurrent, "called off the event loop")
        turnEnds.append(handler)
    }

    // MARK: The loop

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        var events = unsafe [epoll_event](repeating: epoll_event(), count: 256)
        while true {
            now = .monotonic()
            if let end = exactEnd, end <= now { exactEnd = nil }
            runJobs()
            fireTimers()
            runTurnEnds()
            if isStopping { break }
            let count = unsafe wait(&events)
            guard count > 0 else { continue }
            now = .monotonic()
            for index in 0..<Int(count) { unsafe dispatch(events[index]) }
        }
        thread.store(0, ordering: .relaxed)
    }

    @unsafe private func wait(_ events: inout [epoll_event]) -> Int32 {
        let timeout = timeout()
        guard let end = exactEnd else { return unsafe epoll_wait(epoll, &events, 256, timeout) }
        let left = max(0, Instant.monotonic().duration(to: end).nanoseconds)
        guard timeout < 0 || left < Int64(timeout) * 1_000_000 else {
            return unsafe epoll_wait(epoll, &events, 256, timeout)
        }
        return unsafe cnet_epoll_wait(epoll, &events, 256, left)
    }

    private func dispatch(_ event: epoll_event) {
        let token = unsafe event.data.u64
        if token == Self.wakeUpToken {
            var value: UInt64 = 0
            _ = unsafe read(wakeUp, &value, 8)
            isSignalled.store(false, ordering: .sequentiallyConsistent)
            return
        }
        let index = Int(UInt32(truncatingIfNeeded: token))
        guard slots[index].generation == UInt32(token >> 32) else { return }
        unsafe slots[index].handler?.ready(Readiness(rawValue: event.events))
    }

    /// Runs what was queued when it looked, not what those jobs queue: sockets must not starve.
    private func runJobs() {
        jobs.withLock { swap(&$0, &running) }
        guard !running.isEmpty else { return }
        for job in running {
            switch job {
            case .swift(let job): unsafe job.runSynchronously(on: asUnownedSerialExecutor())
            case .closure(let body): body()
            }
        }
        running.removeAll(keepingCapacity: running.count <= 1024)
    }

    /// An action may arm timers, so none is fired while the heap is being changed.
    private func fireTimers() {
        while let (instant, timer) = timers.popExpired(at: now) { timer.entryExpired(at: instant) }
    }

    private func runTurnEnds() {
        // Handlers may ask for another turn end while they run.
        var index = 0
        while index < turnEnds.count {
            turnEnds[index].turnEnded()
            index += 1
        }
        turnEnds.removeAll(keepingCapacity: true)
    }

    /// Milliseconds until the next timer, rounded up so that a timer never fires early.
    private func timeout() -> Int32 {
        if jobs.withLock({ !$0.isEmpty }) { return 0 }
        guard let deadline = timers.deadline else { return -1 }
        let wait = Instant.monotonic().duration(to: deadline).nanoseconds
        return Int32(clamping: max(0, (wait + 999_999) / 1_000_000))
    }

    // MARK: SerialExecutor

    public func enqueue(_ job: consuming ExecutorJob) { enqueue(.swift(UnownedJob(job))) }
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }
    public func checkIsolated() { precondition(isCurrent, "called off the event loop") }
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }
}

extension Instant {
    /// Now, by the system's monotonic clock.
    public static func monotonic() -> Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

extension WallClock {
    /// Now, by the system's wall clock.
    public static func system() -> WallClock {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return WallClock(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
