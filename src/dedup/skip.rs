//! Functions that never carry the blame, with the reason: they are on the stack because of what was done to the
//! object, not because of who did it wrong.
//!
//! A pattern's `*` stands for any text. A frame of a module is never skipped: a module's `foo_alloc` is the
//! module's own.

use super::glob::{self, Globs};
use crate::report::Symbol;
use std::sync::LazyLock;

/// Patterns and why their functions are skipped.
const SKIP: &[(&str, &str)] = &[
    (
        "prints the report",
        "add_lock_to_list add_taint arch_trigger* *assertfail* assfail assign_lock_key *_backtrace* \
         __bad_area* bad_area* bad_page bad_page_fault* brk_handler bug_brk_handler bug_handler* \
         call_break_hook __cant_migrate __cant_sleep check_copy_size check_cpu_stall* check_deadlock* \
         check_flags* __check_heap_object check_heap_object check_lock* check_memory_region* \
         __check_object_size* check_object_size* check_prev* check_unlock* debug_check_no_locks_freed \
         debug_check_no_obj* debug_exception* debug_lockdep* debug_locks_off* __debug_object* debug_object* \
         debug_print_object _dev_* __dev_printk dev_printk* dev_vprintk* __die* die die_* dump_backtrace* \
         __dump_stack dump_stack* end_report* __ext4_error* find_held_lock fixup_bug* __fortify_panic \
         fortify_panic __fortify_report handle_bug hardirqs_* kernelmode_fixup_or_oops \
         kfence_handle_page_fault kfence_print_* kfence_report_error kmemleak_* kobject_put kref_* \
         __list_add list_add* __list_add_valid* list_debug* __list_del list_del* __list_del_entry \
         __list_del_entry_valid* list_move* __list_splice* list_splice* __lock_acquire lock_acquire* \
         lock_downgrade __lock_is_held* __lock_release lock_release* lock_sync __lockdep_* lockdep_* \
         lockdep_rcu_suspicious look_up_lock_class lookup_chain* mark_held* mark_irqflags* mark_lock* \
         mark_usage* match_held_lock __might_resched ___might_sleep __might_sleep might_sleep* netdev_err \
         netdev_info netdev_notice __netdev_printk netdev_printk netdev_warn nmi_cpu_backtrace* nmi_panic \
         nmi_trigger* no_context noop_count object_err oops_* page_fault_oops panic panic_on_rcu_stall \
         preempt_count_* print_address* print_bad_* print_circular* print_collision print_cpu_stall* \
         print_deadlock* print_freed* print_held* print_irq* print_kernel_ident print_lock* print_modules \
         print_other_cpu_stall* print_report* print_section* print_shortest* print_stack_trace \
         print_tainted* print_track* print_trailer* print_unlock* print_usage* print_vma_addr \
         print_worker_info *_printk _printk* printk* rcu_dump_* reacquire_held* __refcount_* refcount_* \
         register_lock_class* __reiserfs_panic __report_bug* report_bug* report_enabled report_fault \
         *report_user_fault* report_usercopy* rwlock_bug save_trace* *sched_show* _sched_show_task \
         sched_show_task __schedule_bug schedule_debug show_fault_oops __show_mem show_mem* *show_regs* \
         show_stack* show_trace* slab_bug slab_err softirqs_* softlockup* spin_bug spin_dump \
         __stack_chk_fail start_report* __this_cpu_preempt_check trace_hardirqs* trace_irq* trace_softirqs* \
         trigger_*_backtrace* *_usage_bug* usage_match* usercopy_abort valid_state valid_state* vpanic \
         vprintk* walk_stackframe __warn __warn_* warn_alloc* warn_bogus* warn_slowpath* watchdog_overflow* \
         watchdog_timer_fn",
    ),
    (
        "the sanitizer's run time",
        "arch_stack_walk* arch_unwind* *asan_* check_region* handle_null_ptr_deref* handle_overflow* \
         handle_shift* instrument_* is_*_report* *kasan* __kasan* kasan* *kcov* *kcsan* __kfence* \
         memory_is_* *msan* __orc_find orc_find __sanitizer* save_stack* set_track* stack_trace_save* \
         *tsan* type_mismatch* *ubsan* __ubsan* ubsan_* unwind_* val_to_string",
    ),
    (
        "exception, interrupt and syscall entry",
        "apic_timer_interrupt* arm64_serror* asm_* async_page_fault call_function_interrupt \
         common_interrupt* data_access_common* decrementer_common* default_do_nmi divide_error \
         do_async_page_fault do_bad_area* do_dat_exception do_DataAbort do_debug_exception do_divide_error \
         do_double_fault do_el1_* do_error_trap* do_general_protection do_int3* do_invalid_op* \
         do_kern_addr_fault __do_kernel_fault* do_kernel_fault do_mem_abort do_nmi do_notify_resume \
         __do_pgm_check do_PrefetchAbort do_serror do_sp_pc_abort do_translation_fault* do_trap* do_trap_* \
         do_undef* do_undefinstr double_fault* el0t_* el1_* el1h_* el1t_* end_repeat_nmi entry_INT80* \
         entry_SYSCALL* entry_SYSENTER* error_entry error_exit* exc_* fast_exception_return fred_* \
         general_protection* handle_exception handle_page_fault handle_stack_overflow \
         hardware_interrupt_common* instruction_access_common* int3* invalid_op* irq_entries_start \
         __irq_svc math_error native_irq_return* nmi nmi_handle __pabt_svc *page_fault_* page_fault* \
         pgm_check_handler program_check_common* reschedule_interrupt restore_regs* ret_from_fork* \
         ret_from_intr* ret_from_kernel_thread retint_* smp_apic_timer_interrupt* _start_secondary \
         __switch_to* *sysvec_* trace_do_page_fault trace_page_fault *_trap *_trap_* __und_fault __und_svc*",
    ),
    (
        "takes or drops a lock for its caller",
        "arch_spin_* *atomic_dec_and_lock* *atomic_dec_and_mutex_lock* bit_spin_* debug_mutex* \
         debug_rt_mutex* do_raw_* do_write_seqcount* __down* down down_* _down_read* _down_write* \
         downgrade_write __folio_lock* folio_lock folio_unlock hlist_bl_*lock irqsave* __local_bh_* \
         local_bh_* _local_bh_enable __lock_page* lock_sock __lock_sock_fast lock_sock_fast lock_timer_base \
         lock_torture* __lockref* lockref_* mark_rt_mutex* __mutex_* _mutex_* mutex_destroy \
         mutex_is_locked* mutex_lock* mutex_optimistic* mutex_remove_waiter mutex_spin* mutex_trylock* \
         mutex_unlock* native_queued_spin* osq_* __percpu_down* percpu_down* __percpu_rwsem* percpu_rwsem* \
         percpu_up* __pv_queued* pv_queued* pv_wait* pvqspinlock* queued_*_slowpath queued_read* \
         queued_spin_* queued_write* __raw_* _raw_* *_raw_spin_* raw_spin_* raw_spin_rq_* rcu_lock_* \
         rcu_lockdep* __rcu_read_* rcu_read_* _read_* *_read_lock* read_lock* read_seq* read_unlock* \
         reiserfs_write_lock* __rt_mutex_* _rt_mutex_* rt_mutex* __rt_read_* rt_read_* __rt_spin_* \
         rt_spin_* __rt_write_* rt_write_* rtlock_* rtmutex_spin* __rwbase_* rwbase_* __rwsem* rwsem_* \
         __sem* seqcount_* __seqprop* seqprop_* __spin_* _spin_* spin_lock* spin_unlock* __srcu_read_* \
         task_blocks_on_rt_mutex __task_rq_lock task_rq_lock try_to_take_rt_mutex unlock_page __up up \
         __up_read* up_read* __up_write* up_write* _write_* write_lock* write_seq* write_unlock* \
         __ww_mutex* ww_mutex* __ww_rt_mutex*",
    ),
    (
        "allocates or frees memory for its caller",
        "alloc_debug_processing __alloc_frozen* alloc_page_* __alloc_pages* alloc_pages* __alloc_percpu* \
         alloc_slab* allocate_slab* __build_skb* build_skb* __cache_* ____cache_alloc* cache_alloc* \
         cache_free* check_bytes_and_report check_object check_slab *dev_kfree_skb* devm_kfree* \
         discard_slab __do_cache_alloc do_slab_free fail_dump fallback_alloc fault_* __folio_put folio_put \
         free_debug_processing free_nonslab_page __free_page* free_page __free_pages* free_pages* free_pcp* \
         free_pcppages* __free_slab free_slab* free_to_partial* free_unref* freelist_* \
         get_page_from_freelist* get_zeroed_page* *kcalloc* __kfree* kfree kfree_const kfree_sensitive \
         kfree_skb* *kmalloc* __kmem_* kmem_* *kmemdup* *krealloc* __ksize ksize *kstrdup* kstrndup \
         kvcalloc* *kvfree* *kvmalloc* kvmemdup kvzalloc* *kzalloc* *kzfree* __memcg_* memcg_*slab* \
         memdup_user* mempool_alloc* mempool_free __napi_build_skb napi_build_skb* on_freelist \
         prep_new_page put_cpu_partial qlink_* qlist_* quarantine_* ref_tracker_* __should_fail* \
         should_fail* should_failslab sk_skb_reason_drop skb_copy skb_over_panic skb_panic __skb_pull \
         skb_pull skb_push skb_put skb_under_panic ___slab_* __slab_* slab_* *sock_kfree* strndup_user \
         __vfree* vfree* __vmalloc* vmalloc* vmemdup_user vzalloc*",
    ),
    (
        "copies, compares or formats bytes for its caller",
        "aes_* aesti_* arch_atomic* arch_clear* __arch_copy* arch_set* arch_test* atomic64_* atomic_add* \
         atomic_and* atomic_cmpxchg* atomic_dec* atomic_fetch* atomic_inc* atomic_long_* atomic_or* \
         atomic_read* atomic_set* atomic_sub* atomic_try_* atomic_xchg* atomic_xor* __bitmap_* \
         bitmap_list_string bitmap_string cipher_crypt_one __clear_bit* clear_bit* __clear_user* \
         clear_user* __cmpxchg* cmpxchg* const_test_bit constant_test_bit _copy_from_iter* copy_from_iter* \
         *copy_from_user* __copy_from_user* _copy_from_user* copy_from_user* copy_in_user copy_mc_* \
         copy_page copy_page_erms copy_page_regs *copy_to_user* __copy_to_user* _copy_to_user* \
         copy_to_user* __copy_user* copy_user_* crc16* crc32* crc64* crc7* crc8* crc_ccitt* crc_itu_t \
         crc_t10dif* crypto_cipher_* crypto_rng_* csum_partial* default_pointer dentry_name do_strncpy* \
         drbg_* escaped_string __find_*bit* _find_first* find_first_bit find_first_zero* find_last_bit \
         _find_next* find_next_bit* find_next_zero* format_decode __get_unaligned* get_unaligned* \
         *get_user* hex_dump_to_buffer hex_string hweight* _inline_copy* ip4_addr_string* ip4_string \
         ip6_addr_string ip6_addr_string* ip6_compressed_string ip6_string ip_addr_string *kasprintf* \
         *kvasprintf* mac_address_string memchr* *memcmp* *memcpy* *memmove* memscan *memset* memweight \
         *memzero* nla_mem* nla_str* __pi_mem* __pi_str* pointer __ptr_to_hashval ptr_to_hashval* put_dec* \
         put_unaligned* *put_user* raw_atomic* raw_copy_* __read_once* read_pnet read_word_at_a_time \
         rep_movs* rep_stos* rng_setkey scnprintf* __set_bit* set_bit* sized_strscpy* skip_spaces snprintf* \
         sprintf* str_to_* strcasecmp* strcat* strchr* strcmp* strcpy* strcspn strim string string_nocheck \
         strlcat* strlcpy* strlen* strncat* strnchr* strncmp* strncpy* strncpy_from_user* __strnlen* \
         strnlen* strnstr* strrchr* strreplace strscpy* strsep* strspn strstr* __sw_hweight* swab* \
         symbol_string _test_* __test_and* test_and_* test_bit* uuid_string va_format variable_test_bit \
         vscnprintf* vsnprintf* vsprintf* widen_string __write_once* __xchg* xor_*",
    ),
    (
        "tracing and probing around the caller",
        "__bpf_trace* do_perf_trace* __do_trace* event_trace* __fentry__ fentry* ftrace_* function_trace* \
         *_hit_count* *kprobe* perf_trace_* rethook* __SCK__* __SCT__* static_call* trace_call_* \
         trace_event* trace_hard* __traceiter* __traceiter_*",
    ),
    (
        "a table, tree, list or bus of the kernel's core that the caller corrupted or misuses",
        "add_uevent_var assoc_array_* cdev_device_add cdev_device_del device_add* device_create* device_del \
         device_destroy device_register device_remove_file device_unregister dpm_sysfs_remove dput \
         fast_dput fiemap_fill_next_extent __hlist_* hlist_* hwrng_unregister i2c_del_adapter \
         interval_tree_* iput iput_final klist_* kobj_* __kobject_* kobject_* __kobject_del llist_* ma_* \
         mab_* mt_* mtree_* platform_device_add platform_device_del platform_device_register \
         platform_device_unregister plist_* __rb_* rb_erase* rb_first* rb_insert* rb_last rb_next rb_prev \
         __rht_* rht_* rollback_registered* sysfs_* unregister_netdev unregister_netdevice_many* \
         unregister_netdevice_queue",
    ),
    (
        "waits, schedules or runs what somebody else set up",
        "add_wait_queue* arch_cpu_idle arch_local* autoremove_wake_function cancel_delayed_work* \
         cancel_work* __cancel_work_sync __cancel_work_timer complete complete_all complete_with_flags \
         __const_udelay context_switch context_tracking* cpu_idle* cpu_relax default_idle* \
         default_wake_function del_timer* __delay delay_* destroy_workqueue df_debug disable_delayed_work* \
         __disable_work disable_work* do_idle drain_workqueue enable_delayed_work* enable_work finish_wait \
         flush_delayed_work __flush_work* flush_work io_schedule* __kthread_cancel_* kthread_cancel_* \
         kthread_flush_work __kthread_queue_* kthread_queue_* kthread_stop kthread_stop_put __mod_timer \
         mod_timer* native_*spin* native_read_msr* native_safe_halt native_write_msr* __ndelay ndelay \
         paravirt_* preempt_schedule* pv_native* __queue_delayed_work queue_delayed_work* __queue_work \
         queue_work* rcu_dynticks* rcu_irq_* rcu_is_watching* rcu_nmi_* rep_nop *_return_thunk schedule \
         schedule_preempt* signal_wake_up_state srso_* __timer_delete* timer_delete* timer_is_static_object \
         timer_shutdown* __try_to_del_timer* try_to_del_timer* try_to_grab_pending __udelay* udelay \
         usb_bulk_msg usb_control_msg* usb_interrupt_msg usb_kill_urb usb_poison_urb usb_start_wait_urb \
         usb_submit_urb usleep_range* __wait_for_common wait_for_common wait_for_completion* __wake_up* \
         wake_up_bit wake_up_klogd* wake_up_page* wake_up_process wake_up_q wake_up_state wake_up_var \
         __x86_call_depth* __x86_indirect_* __x86_retpoline*",
    ),
    (
        "checks the address or the object for its caller",
        "__access_ok* access_ok* arch_*_valid* __check_*_size check_stack_object _compound_head \
         compound_head get_page __install_special* _install_special* __might_fault might_fault page_ref_* \
         PageTail *perf_event_*overflow __put_page put_page __virt_addr_valid* virt_addr_valid* __virt_to* \
         virt_to_*",
    ),
];

/// The patterns, and the reason of each.
static TABLE: LazyLock<(Globs, Vec<&str>)> = LazyLock::new(|| {
    let each = || SKIP.iter().flat_map(|(why, list)| list.split_ascii_whitespace().map(move |p| (p, *why)));
    (Globs::new(each().map(|(pattern, _)| pattern)), each().map(|(_, reason)| reason).collect())
});

/// Why `function` never carries the blame; `None` if it may. `own` are the patterns of the kind.
pub(super) fn reason(function: &str, own: &[&'static str]) -> Option<&'static str> {
    if own.iter().any(|p| glob::matches(p, function)) {
        return Some("a helper of this kind of crash");
    }
    let (patterns, reasons) = &*TABLE;
    reasons.get(patterns.find(function)?).copied()
}

/// Whether a function is a module's own: those that the compiler adds to every module are nobody's.
pub(super) fn is_modules_own(symbol: &Symbol<'_>, function: &str) -> bool {
    symbol.module.is_some() && !function.starts_with("__cfi_check")
}

/// Whether a function makes another fail on purpose: `should_fail` and its like in `lib/fault-inject.c`.
pub(super) fn injects_faults(function: &str) -> bool {
    function.starts_with("should_fail")
}

/// Functions of a hang that other hangs wait for as well: the hang is theirs, whoever is stuck in it.
const BUCKETS: &[(&str, Option<&str>, &str)] = &[
    ("*rtnl_lock*", None, "everybody who configures the network waits here for one holder"),
    ("*synchronize_rcu*", Some("synchronize_rcu"), "a grace period that does not end hangs all callers"),
    ("*synchronize_srcu*", Some("synchronize_rcu"), "the same"),
    ("*synchronize_net*", Some("synchronize_rcu"), "the same"),
    ("*synchronize_sched*", Some("synchronize_rcu"), "the same, before 5.1"),
];

/// Functions that only wait.
const WAITS: &[&str] = &[
    "*sched*",
    "*_lock*",
    "*_slowlock*",
    "*down*",
    "*rwsem*",
    "*completion*",
    "*kthread*",
    "*wait*",
    "*synchronize*",
    "*context_switch*",
    "*__switch_to*",
    "*cancel_delayed_work*",
    "*rcu_barrier*",
    "*flush_work*",
    "*__flush_work*",
    "*msleep*",
    "*usleep*",
    // Waits for a page that `read_cache_*` asked for.
    "do_read_cache_*",
];

/// The name under which a hang in `function` is filed whoever hangs.
pub(super) fn bucket(function: &str) -> Option<&str> {
    let (_, name, _) = BUCKETS.iter().find(|(p, _, _)| glob::matches(p, function))?;
    Some(name.unwrap_or(function))
}

static WAITING: LazyLock<Globs> = LazyLock::new(|| Globs::new(WAITS.iter().copied()));

/// Whether `function` only waits for somebody.
pub(super) fn waits(function: &str) -> bool {
    WAITING.find(function).is_some()
}

/// Dispatchers: what they called is what loops. By the reason why.
const ANCHORS: &[(&str, &str)] = &[
    (
        "syscall entry",
        "__do_fast_syscall* do_fast_syscall_* do_int80* __do_syscall do_syscall do_syscall_* \
         do_trap_ecall_u el0_svc* entry_INT80* entry_SYSCALL* handle_syscall ia32_sys_call ia32_sysenter* \
         __invoke_syscall invoke_syscall* ret_fast_syscall* __sys_trace* syscall_call syscall_common \
         syscall_return_slowpath sysenter_dispatch* system_call* system_call_exception tracesys_phase2 \
         x64_sys_call",
    ),
    (
        "runs work, timers, threads that others queued",
        "call_timer_fn cpu_startup_entry do_initcalls do_one_initcall *do_softirq* expire_timers \
         flush_smp_call* handle_softirqs hrtimer_interrupt *hrtimer_run_queues* __irq_exit* irq_exit* \
         irq_work_run* kthread process_one_work rcu_do_batch rcu_process_callbacks ret_from_fork* \
         *run_hrtimer* run_ksoftirqd run_timer_softirq *run_timers* smpboot_thread_fn start_kernel \
         start_secondary task_work_run tasklet_action* worker_thread",
    ),
    (
        "one syscall for many implementations",
        "call_mmap call_read_iter call_write_iter compat_blkdev_ioctl *_compat_ioctl compat_ioctl* \
         do_dentry_open* __do_fault do_iter_* do_loop_readv_writev do_mmap do_sock_getsockopt \
         do_sock_setsockopt do_splice* do_vfs_ioctl file_ioctl __fput ksys_ioctl ksys_read ksys_write \
         __mmap_region mmap_region netlink_dump new_sync_* nfnetlink_rcv_msg rtnetlink_rcv_msg \
         *smp_call_function* sock_common_getsockopt sock_common_setsockopt sock_read_iter \
         sock_recvmsg* __sock_release sock_release __sock_sendmsg* sock_sendmsg* sock_write_iter \
         *sys_getsockopt *SyS_ioctl *sys_ioctl *SyS_setsockopt *sys_setsockopt __sys_setsockopt *SYSC_ioctl \
         vfs_fsync* vfs_ioctl vfs_iter_* __vfs_read vfs_read __vfs_write vfs_write",
    ),
    ("hands packets on", "__napi_poll* net_rx_action __netif_receive* *netif_receive_skb*"),
];

static DISPATCHERS: LazyLock<Globs> =
    LazyLock::new(|| Globs::new(ANCHORS.iter().flat_map(|(_, list)| list.split_ascii_whitespace())));

/// Whether `function` runs what others ask it to.
pub(super) fn dispatches(function: &str) -> bool {
    DISPATCHERS.find(function).is_some()
}

/// The loop that runs softirqs, the second since 6.10: interrupted itself, it is what runs.
pub(super) const SOFTIRQ_LOOP: &[&str] = &["__do_softirq", "handle_softirqs"];

/// What a stall that waits for other CPUs is filed under.
pub(super) const CROSS_CALL: &str = "smp_call_function";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_helpers_are_skipped_and_owners_not() {
        for f in [
            "kasan_report",
            "__asan_load8",
            "_raw_spin_lock_irqsave",
            "kmem_cache_free",
            "memcpy",
            "asm_exc_page_fault",
        ] {
            assert!(reason(f, &[]).is_some(), "{f}");
        }
        for f in ["ip6_send_skb", "ext4_mb_find_extent", "tcp_sendmsg", "snd_seq_write", "mb_find_extent"] {
            assert_eq!(reason(f, &[]), None, "{f}");
        }
    }

    #[test]
    fn ok_no_pattern_stands_twice() {
        let mut seen = std::collections::HashSet::new();
        for pattern in SKIP.iter().flat_map(|(_, patterns)| patterns.split_ascii_whitespace()) {
            assert!(seen.insert(pattern), "{pattern} stands twice");
            assert_ne!(pattern, "*");
        }
    }
}
