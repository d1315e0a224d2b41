// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Synchronization

/// One thread that owns a value and carries out requests on it in order, as many as wait at a time.
///
/// The value is made, used and freed on the thread, so it needs neither locks nor `Sendable`. The
/// queue is bounded: what does not fit is refused to the caller, who can then say so.
final class StorageThread<Request: Sendable>: Sendable {
    private struct State {
        var waiting: [Request] = []
        var isClosed = false
        var hasEnded = false
        var failure: StorageError?
    }

    /// Requests that may wait.
    private let capacity: Int
    private let state = Mutex(State())
    private let opened = Semaphore()
    private let work = Semaphore()
    private let ended = Semaphore()

    /// Starts the thread and waits until the value is made; throws what `open` throws.
    init<Owned>(
        capacity: Int, open: @escaping @Sendable () throws(StorageError) -> Owned,
        carryOut: @escaping @Sendable ([Request], Owned) -> Void
    ) throws(StorageError) {
        self.capacity = capacity
        let body = ThreadBody {
            self.run(open: open, carryOut: carryOut)
            self.state.withLock { $0.hasEnded = true }
            self.ended.signal()
        }
        try body.start()
        opened.wait()
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Queues `request`, or throws ``StorageError/closed`` or ``StorageError/overloaded``.
    func add(_ request: Request) throws(StorageError) {
        let refusal = state.withLock { (state) -> StorageError? in
            guard !state.isClosed else { return .closed }
            guard state.waiting.count < capacity else { return .overloaded }
            state.waiting.append(request)
            return nil
        }
        if let refusal { throw refusal }
        work.signal()
    }

    /// Takes no more requests; the thread ends when it has carried out those it has.
    func stop() {
        state.withLock { $0.isClosed = true }
        work.signal()
    }

    /// Stops the thread and waits for its end. Not for the thread itself to call.
    func close() {
        stop()
        guard !state.withLock({ $0.hasEnded }) else { return }
        ended.wait()
        // For whoever else waits here.
        ended.signal()
    }

    private func run<Owned>(
        open: () throws(StorageError) -> Owned, carryOut: ([Request], Owned) -> Void
    ) {
        do throws(StorageError) {
            let owned = try open()
            opened.signal()
            while let batch = nextBatch() { carryOut(batch, owned) }
        } catch {
            state.withLock {
                $0.failure = error
                $0.isClosed = true
            }
            opened.signal()
        }
    }

    /// Everything that waits, as soon as something does; `nil` once closed and empty.
    private func nextBatch() -> [Request]? {
        while true {
            let batch = state.withLock { (state) -> [Request]? in
                if state.waiting.isEmpty, state.isClosed { return nil }
                defer { state.waiting = [] }
                return state.waiting
            }
            guard let batch, batch.isEmpty else { return batch }
            work.wait()
        }
    }
}

/// What a new thread is handed through C's one pointer.
private final class ThreadBody: Sendable {
    private let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }

    /// Runs the body on a new thread, which ends with it.
    func start() throws(StorageError) {
        let handle = unsafe Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, handle.toOpaque())
        guard status == 0 else {
            unsafe handle.release()
            throw StorageError(.failed, code: status, message: "the storage cannot start its thread")
        }
        _ = pthread_detach(thread)
    }
}

/// A POSIX semaphore: counts signals, so that none is lost between looking and waiting.
///
/// `@unchecked`: a `sem_t` is made to be shared between threads.
@safe private final class Semaphore: @unchecked Sendable {
    private let handle: UnsafeMutablePointer<sem_t>

    init() {
        unsafe handle = .allocate(capacity: 1)
        unsafe handle.initialize(to: sem_t())
        let status = unsafe sem_init(handle, 0, 0)
        precondition(status == 0, "a semaphore that starts at 0 can always be made")
    }

    deinit {
        _ = unsafe sem_destroy(handle)
        unsafe handle.deallocate()
    }

    func signal() { _ = unsafe sem_post(handle) }

    func wait() {
        // Signal handlers interrupt the wait without ending it.
        while unsafe sem_wait(handle) != 0 && errno == EINTR {}
    }
}
