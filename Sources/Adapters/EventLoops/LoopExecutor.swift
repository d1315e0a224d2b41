// SPDX-License-Identifier: Apache-2.0

/// Lets tasks prefer an event loop: whatever they do that no actor claims runs there.
///
/// ```swift
/// Task(executorPreference: LoopExecutor(loop)) { … }
/// ```
public final class LoopExecutor: TaskExecutor {
    private let loop: EventLoop

    public init(_ loop: EventLoop) { self.loop = loop }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // The executor must outlive the job's run.
        loop.execute { [self] in unsafe job.runSynchronously(on: unsafe asUnownedTaskExecutor()) }
    }

    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { unsafe UnownedTaskExecutor(ordinary: self) }
}
