// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * oopser: breaks the running kernel in one chosen way, so that its crash log
 * can be kept as a test fixture. Never load it outside a throw-away VM.
 *
 *   insmod oopser.ko what=null_read     triggers from the module's init
 *   echo null_read > /proc/oopser       triggers from a write system call
 *
 * A function that calls something which fails ends in barrier(), so that the
 * compiler makes no tail call of it and the function stays on the stack.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bug.h>
#include <linux/completion.h>
#include <linux/crc16.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/jbd2.h>
#include <linux/kobject.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

struct gadget {
	struct gadget *next;
	int level;
	int limit;
	int (*poll)(struct gadget *g);
	char name[16];
};

/* Volatile and never set: the compiler cannot know that they are NULL or 0. */
static struct gadget *volatile missing_gadget;
static volatile unsigned long always_zero;
static volatile unsigned long sink;
static unsigned long protected_word __ro_after_init = 42;
static DEFINE_SPINLOCK(gadget_spinlock);
static const unsigned long constant_words[4] = { 1, 2, 3, 4 };

/*
 * The first function has no text before it, so that the kernel cannot print
 * the code before a fault there ("Unable to access opcode bytes").
 */
static noinline void err_ptr_read(void)
{
	struct gadget *g = ERR_PTR(-ENOMEM - (long)always_zero);

	sink = (unsigned long)READ_ONCE(g->next);
}

/* No failure. */

static noinline void dump_only(void)
{
	pr_info("no failure, a stack only\n");
	dump_stack();
	barrier();
}

/* Bad memory accesses. */

static noinline void null_read(void)
{
	sink = missing_gadget->level;
}

static noinline void null_write(void)
{
	missing_gadget->limit = 99;
}

static int (*volatile missing_handler)(int);

static noinline void null_call(void)
{
	sink = missing_handler(1);
	barrier();
}

static noinline int gadget_sum(struct gadget *g)
{
	return g->level + g->limit;
}

static noinline int gadget_chain(struct gadget *g, int depth)
{
	if (depth)
		return gadget_chain(g, depth - 1) + 1;
	return gadget_sum(g) + 1;
}

static noinline void null_in_helper(void)
{
	sink = gadget_chain(missing_gadget, 0);
}

static __always_inline int inner_level(struct gadget *g)
{
	return READ_ONCE(g->level);
}

static __always_inline int middle_level(struct gadget *g)
{
	return inner_level(g->next) * 2;
}

static __always_inline int outer_level(struct gadget *g)
{
	return middle_level(g) + 3;
}

static noinline void null_inlined(void)
{
	static struct gadget only;

	OPTIMIZER_HIDE_VAR(always_zero);
	sink = outer_level(&only);
}

static noinline void wild_read(void)
{
	sink = *(volatile unsigned long *)(PAGE_OFFSET + (1UL << 45) + always_zero);
}

static noinline void noncanonical_read(void)
{
	sink = *(volatile unsigned long *)(0xdeadbeefcafe0000UL + always_zero);
}

static noinline void list_poison_read(void)
{
	static LIST_HEAD(list);
	struct gadget *g;

	OPTIMIZER_HIDE_VAR(list.next);
	g = (struct gadget *)(LIST_POISON1 + always_zero);
	sink = (unsigned long)READ_ONCE(g->next);
}

static noinline void wild_call(void)
{
	int (*handler)(int) = (void *)(0xdeadbeefcafe0000UL + always_zero);

	sink = handler(1);
	barrier();
}

static noinline unsigned long user_page(unsigned long prot)
{
	unsigned long addr;

	addr = vm_mmap(NULL, 0, PAGE_SIZE, prot, MAP_ANONYMOUS | MAP_PRIVATE, 0);
	if (IS_ERR_VALUE(addr) || put_user(0xc3, (unsigned long __user *)addr))
		pr_err("no user page\n");
	return addr;
}

static noinline void user_read(void)
{
	sink = *(volatile unsigned long *)user_page(PROT_READ | PROT_WRITE);
}

static noinline void user_write(void)
{
	*(volatile unsigned long *)user_page(PROT_READ | PROT_WRITE) = 1;
}

static noinline void user_exec(void)
{
	void (*fn)(void) = (void *)user_page(PROT_READ | PROT_WRITE | PROT_EXEC);

	fn();
	barrier();
}

static noinline void data_exec(void)
{
	static u8 code[64] = { 0xc3 };
	void (*fn)(void) = (void *)code;

	OPTIMIZER_HIDE_VAR(fn);
	fn();
	barrier();
}

static noinline void heap_exec(void)
{
	void (*fn)(void) = kmalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(fn);
	fn();
	barrier();
}

static noinline void text_write(void)
{
	unsigned long *text = (unsigned long *)(unsigned long)&kfree;

	OPTIMIZER_HIDE_VAR(text);
	WRITE_ONCE(*text, 0);
}

static noinline void module_text_write(void)
{
	unsigned long *text = (unsigned long *)(unsigned long)&null_read;

	OPTIMIZER_HIDE_VAR(text);
	WRITE_ONCE(*text, 0);
}

static noinline void rodata_write(void)
{
	unsigned long *word = (unsigned long *)&constant_words[2];

	OPTIMIZER_HIDE_VAR(word);
	WRITE_ONCE(*word, 7);
}

static noinline void ro_after_init_write(void)
{
	WRITE_ONCE(protected_word, 43);
}

static noinline void vmalloc_overrun(void)
{
	char *area = vmalloc(PAGE_SIZE);

	OPTIMIZER_HIDE_VAR(area);
	memset(area, 0x55, PAGE_SIZE);
	WRITE_ONCE(area[PAGE_SIZE + 16], 1);
}

/* BUG and WARN. */

static noinline void bug(void)
{
	if (!always_zero)
		BUG();
}

static noinline void bug_on(void)
{
	BUG_ON(always_zero == 0);
}

static noinline void warn(void)
{
	WARN(always_zero == 0, "gadget %d is at level %d, limit %d\n", 3, 12, 10);
}

static noinline void warn_bare(void)
{
	WARN_ON(always_zero == 0);
}

static noinline void warn_once_loop(void)
{
	int i;

	for (i = 0; i < 3; i++)
		WARN_ON_ONCE(always_zero == 0);
}

static noinline void warn_multiline(void)
{
	WARN(always_zero == 0, "first line of the text\nsecond line: Call Trace: no\n");
}

static noinline void warn_no_newline(void)
{
	WARN(always_zero == 0, "text without a newline");
}

/* panic() sits in a cold part of this function: warn_cold.cold or so. */
static noinline void panic_cold(void)
{
	if (unlikely(!always_zero)) {
		pr_emerg("about to panic\n");
		panic("gadget controller is on fire, code %d", 451);
	}
	sink = 1;
}

static noinline void panic_plain(void)
{
	panic("oopser asked for it");
}

static noinline void panic_irqs_off(void)
{
	local_irq_disable();
	panic("panic with interrupts off");
}

/* CPU exceptions. */

static noinline void divide(void)
{
#ifdef CONFIG_X86
	sink = 1000 / always_zero;
#else
	/* arm64 divides by zero without a fault: gcc's trap instead. */
	asm volatile("brk #1000");
#endif
}

static noinline void illegal_instruction(void)
{
#ifdef CONFIG_X86
	asm volatile("ud2");
#else
	asm volatile(".inst 0x00000000");
#endif
}

static noinline void breakpoint(void)
{
#ifdef CONFIG_X86
	asm volatile("int3");
#else
	asm volatile("brk #0xf000");
#endif
}

#ifdef CONFIG_X86
static noinline void stack_segment(void)
{
	asm volatile("movq %%rbp, %%r11\n\t"
		     "movabsq $0xdead000000000000, %%rbp\n\t"
		     "movq 8(%%rbp), %%rax\n\t"
		     "movq %%r11, %%rbp" ::: "rax", "r11", "memory");
}

static noinline void general_protection(void)
{
	/* A selector beyond the limit of the GDT. */
	asm volatile("movw %w0, %%ds" :: "r" (0x1f8) : "memory");
}
#endif

#ifdef CONFIG_ARM64
static noinline void unaligned_exclusive(void)
{
	static u64 words[4] __aligned(16);
	void *p = (char *)words + 1;
	u64 v;

	asm volatile("ldxr %0, [%1]" : "=r" (v) : "r" (p) : "memory");
	sink = v;
}
#endif

/* Stack. */

static noinline int recurse_forever(int depth)
{
	volatile char frame[512];

	frame[0] = depth;
	frame[511] = depth + 1;
	return recurse_forever(depth + 1) + frame[0] + frame[511];
}

static noinline void stack_overflow(void)
{
	sink = recurse_forever(1);
}

static noinline void overflow_buffer(volatile char *buf, int len)
{
	int i;

	for (i = 0; i < len; i++)
		buf[i] = 0x41;
}

static noinline void stack_smash(void)
{
	char buf[16];

	overflow_buffer(buf, 32 + (int)always_zero);
	sink = buf[3];
}

static noinline void stack_end_corrupted(void)
{
	*end_of_stack(current) = 0;
	schedule();
	barrier();
}

/* Hardening checks of the C library and of user copies. */

static noinline void fortify_strcpy(void)
{
	struct gadget *g = kzalloc(sizeof(*g), GFP_KERNEL);
	char text[] = "a name that is too long for a gadget, much too long for it";

	OPTIMIZER_HIDE_VAR(always_zero);
	strcpy(g->name, text + always_zero);
	sink = g->name[0];
}

static noinline void fortify_strlen(void)
{
	char raw[8];

	memset(raw, 0x41, sizeof(raw));
	barrier_data(raw);
	sink = strlen(raw);
}

static noinline void fortify_memcpy(void)
{
	struct gadget *g = kzalloc(sizeof(*g), GFP_KERNEL);
	char text[64];
	size_t len = 24;

	memset(text, 0x42, sizeof(text));
	OPTIMIZER_HIDE_VAR(len);
	/* Over the field's end but not over the object's: a warning. */
	memcpy(&g->level, text, len);
	sink = g->limit;
	kfree(g);
}

static noinline void copy_out(void *from, unsigned long len)
{
	unsigned long to = vm_mmap(NULL, 0, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
				   MAP_ANONYMOUS | MAP_PRIVATE, 0);

	OPTIMIZER_HIDE_VAR(from);
	OPTIMIZER_HIDE_VAR(len);
	sink = copy_to_user((void __user *)to, from, len);
}

static noinline void usercopy_heap(void)
{
	copy_out(kmalloc(64, GFP_KERNEL), 256);
	barrier();
}

static noinline void usercopy_stack(void)
{
	char here[32];

	memset(here, 0, sizeof(here));
	barrier_data(here);
	copy_out(here, THREAD_SIZE / 2);
	barrier_data(here);
}

static noinline void usercopy_text(void)
{
	copy_out((void *)(unsigned long)&kfree, 64);
	barrier();
}

static noinline void copy_overflow_known_size(void)
{
	char small[32];
	unsigned long len = 100 + always_zero;

	sink = copy_from_user(small, (void __user *)user_page(PROT_READ | PROT_WRITE), len);
}

static noinline void memcpy_to_null(void)
{
	char text[64];
	size_t len = 64;

	memset(text, 0x42, sizeof(text));
	OPTIMIZER_HIDE_VAR(len);
	memcpy(missing_gadget, text, len);
	barrier_data(text);
}

/* Stock modules that are handed a bad argument. */

static noinline void null_in_stock_module(void)
{
	sink = crc16(0xffff, (u8 *)missing_gadget, 64);
}

static noinline void null_in_stock_module_deep(void)
{
	jbd2_journal_abort((journal_t *)missing_gadget, -EIO);
	barrier();
}

/* Lists, reference counts, kobjects. */

struct entry {
	struct list_head node;
	int id;
};

static noinline void list_add_twice(void)
{
	static LIST_HEAD(list);
	static struct entry e;

	list_add(&e.node, &list);
	list_add(&e.node, &list);
	barrier();
}

static noinline void list_add_broken(void)
{
	static LIST_HEAD(list);
	static struct entry a, b;

	list_add(&a.node, &list);
	a.node.prev = &b.node;
	list_add_tail(&b.node, &a.node);
	barrier();
}

static noinline void list_del_twice(void)
{
	static LIST_HEAD(list);
	static struct entry e;

	list_add(&e.node, &list);
	list_del(&e.node);
	list_del(&e.node);
	barrier();
}

static noinline void list_del_broken(void)
{
	static LIST_HEAD(list);
	static struct entry a, b, c;

	list_add_tail(&a.node, &list);
	list_add_tail(&b.node, &list);
	a.node.next = &c.node;
	list_del(&b.node);
	barrier();
}

static noinline void refcount_underflow(void)
{
	refcount_t r = REFCOUNT_INIT(0);

	sink = refcount_sub_and_test(1, &r);
}

static noinline void refcount_add_on_zero(void)
{
	refcount_t r = REFCOUNT_INIT(0);

	refcount_inc(&r);
	sink = refcount_read(&r);
}

static noinline void refcount_saturate(void)
{
	refcount_t r = REFCOUNT_INIT(INT_MAX);

	refcount_inc(&r);
	sink = refcount_read(&r);
}

static noinline void refcount_leak(void)
{
	refcount_t r = REFCOUNT_INIT(1);

	refcount_dec(&r);
	sink = refcount_read(&r);
}

static noinline void kobject_not_initialized(void)
{
	static struct kobject kobj;

	kobject_put(&kobj);
	barrier();
}

static void gadget_release(struct kobject *kobj)
{
}

static struct kobj_type gadget_ktype = {
	.release = gadget_release,
	.sysfs_ops = &kobj_sysfs_ops,
};

static noinline void kobject_init_twice(void)
{
	static struct kobject kobj;

	kobject_init(&kobj, &gadget_ktype);
	kobject_init(&kobj, &gadget_ktype);
	barrier();
}

static noinline void kobject_add_twice(void)
{
	static struct kobject a, b;

	sink = kobject_init_and_add(&a, &gadget_ktype, kernel_kobj, "oopser_gadget");
	sink = kobject_init_and_add(&b, &gadget_ktype, kernel_kobj, "oopser_gadget");
}

static noinline void device_without_release(void)
{
	static struct device dev;

	device_initialize(&dev);
	dev_set_name(&dev, "oopser_device");
	put_device(&dev);
	barrier();
}

static struct kobj_attribute gadget_attr = __ATTR(level, 0444, NULL, NULL);

static noinline void sysfs_duplicate(void)
{
	struct kobject *kobj = kobject_create_and_add("oopser_dup", kernel_kobj);

	sink = sysfs_create_file(kobj, &gadget_attr.attr);
	sink = sysfs_create_file(kobj, &gadget_attr.attr);
}

static noinline void proc_duplicate(void)
{
	proc_mkdir("oopser_dup", NULL);
	proc_mkdir("oopser_dup", NULL);
	barrier();
}

static noinline void proc_remove_missing(void)
{
	remove_proc_entry("oopser_never_made", NULL);
	barrier();
}

static noinline void irq_free_twice(void)
{
	free_irq(5, &gadget_spinlock);
	barrier();
}

static void bh_enable_handler(void *arg)
{
	local_bh_disable();
	local_bh_enable();
}

static noinline void run_on_other_cpu(smp_call_func_t handler)
{
	int other = cpumask_any_but(cpu_online_mask, get_cpu());

	smp_call_function_single(other, handler, NULL, 1);
	put_cpu();
}

static noinline void bh_enable_in_hard_irq(void)
{
	run_on_other_cpu(bh_enable_handler);
	barrier();
}

static void do_nothing(void *arg)
{
}

static noinline void ipi_irqs_off(void)
{
	unsigned long flags;

	local_irq_save(flags);
	run_on_other_cpu(do_nothing);
	local_irq_restore(flags);
}

/* Memory allocators. */

static noinline void double_free(void)
{
	void *p = kmalloc(128, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	kfree(p);
	kfree(p);
	barrier();
}

static struct kmem_cache *gadget_cache;

static noinline void *cache_alloc(void)
{
	if (!gadget_cache)
		gadget_cache = kmem_cache_create("oopser_gadget", 40, 8, 0, NULL);
	return kmem_cache_alloc(gadget_cache, GFP_KERNEL);
}

static noinline void slab_use_after_free_read(void)
{
	struct gadget **p = cache_alloc();

	kmem_cache_free(gadget_cache, p);
	OPTIMIZER_HIDE_VAR(p);
	sink = (unsigned long)READ_ONCE(p[2]->next);
}

static noinline void slab_use_after_free_write(void)
{
	u8 *p = cache_alloc();
	int i;

	kmem_cache_free(gadget_cache, p);
	OPTIMIZER_HIDE_VAR(p);
	WRITE_ONCE(p[20], 0x77);
	for (i = 0; i < 8; i++)
		cache_alloc();
	barrier();
}

static noinline void slab_red_zone(void)
{
	u8 *p = cache_alloc();

	OPTIMIZER_HIDE_VAR(p);
	WRITE_ONCE(p[40], 0x99);
	kmem_cache_free(gadget_cache, p);
	barrier();
}

static noinline void slab_left_red_zone(void)
{
	u8 *p = cache_alloc();

	OPTIMIZER_HIDE_VAR(p);
	WRITE_ONCE(p[-1], 0x99);
	kmem_cache_free(gadget_cache, p);
	barrier();
}

static noinline void slab_double_free(void)
{
	void *p = cache_alloc();

	/* The slab needs another live object: the number of those is checked first. */
	cache_alloc();
	kmem_cache_free(gadget_cache, p);
	kmem_cache_free(gadget_cache, p);
	barrier();
}

static noinline void slab_objects_remaining(void)
{
	cache_alloc();
	cache_alloc();
	kmem_cache_destroy(gadget_cache);
	gadget_cache = NULL;
}

static noinline void slab_wrong_cache(void)
{
	void *p = kmalloc(64, GFP_KERNEL);

	cache_alloc();
	kmem_cache_free(gadget_cache, p);
	barrier();
}

/* Blocks of this order bypass the per-CPU lists, where nothing is checked. */
#define BIG_ORDER 5

static noinline void bad_page_mapping(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, BIG_ORDER);

	page->mapping = (void *)0xdead0000;
	__free_pages(page, BIG_ORDER);
	barrier();
}

static noinline void bad_page_mapcount(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, BIG_ORDER);

	atomic_set(&page->_mapcount, 4);
	__free_pages(page, BIG_ORDER);
	barrier();
}

static noinline void page_poison_overwritten(void)
{
	struct page *page[32];
	u8 *data;
	int i;

	for (i = 0; i < 32; i++)
		page[i] = alloc_page(GFP_KERNEL);
	data = page_address(page[31]);
	for (i = 0; i < 32; i++)
		__free_page(page[i]);
	OPTIMIZER_HIDE_VAR(data);
	WRITE_ONCE(data[100], 0x11);
	for (i = 0; i < 64; i++)
		alloc_page(GFP_KERNEL);
	barrier();
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
static noinline void bad_rss_counter(void)
{
	atomic_long_inc(&current->mm->rss_stat.count[MM_ANONPAGES]);
}
#endif

static noinline void vfree_unaligned(void)
{
	char *area = vmalloc(PAGE_SIZE);

	vfree(area + 16);
	barrier();
}

static noinline void vfree_not_mapped(void)
{
	vfree((void *)__get_free_page(GFP_KERNEL));
	barrier();
}

static noinline void page_alloc_failure(void)
{
	void *p;

	do {
		p = (void *)__get_free_pages(GFP_ATOMIC, 8);
	} while (p);
}

static noinline void page_order_too_big(void)
{
	unsigned int order = 20;

	OPTIMIZER_HIDE_VAR(order);
	sink = __get_free_pages(GFP_KERNEL, order);
}

static noinline void vmalloc_too_big(void)
{
	sink = (unsigned long)vmalloc((1UL << 40) + always_zero);
}

/* Scheduling, locks, stalls. */

static DEFINE_MUTEX(mutex_a);
static DEFINE_MUTEX(mutex_b);
static DECLARE_RWSEM(gadget_rwsem);
static DECLARE_COMPLETION(never_completed);
static DECLARE_COMPLETION(partner_holds_b);

static noinline void sleep_preempt_off(void)
{
	preempt_disable();
	msleep(10);
	preempt_enable();
}

static noinline void sleep_under_spinlock(void)
{
	spin_lock(&gadget_spinlock);
	schedule_timeout_uninterruptible(2);
	spin_unlock(&gadget_spinlock);
}

static noinline void sleep_bh_off(void)
{
	local_bh_disable();
	msleep(10);
	local_bh_enable();
}

static noinline void leave_irqs_off(void)
{
	local_irq_disable();
}

static noinline void leave_preempt_off(void)
{
	preempt_disable();
}

static noinline void sleep_in_rcu(void)
{
	rcu_read_lock();
	msleep(20);
	rcu_read_unlock();
}

static noinline void spin_on_one_cpu(void)
{
	preempt_disable();
	while (!always_zero)
		cpu_relax();
	preempt_enable();
}

static noinline void spin_in_rcu(void)
{
	rcu_read_lock();
	while (!always_zero)
		cpu_relax();
	rcu_read_unlock();
}

static noinline void spin_irqs_off(void)
{
	local_irq_disable();
	while (!always_zero)
		cpu_relax();
	local_irq_enable();
}

static noinline void spinlock_taken_twice(void)
{
	spin_lock(&gadget_spinlock);
	spin_lock(&gadget_spinlock);
	barrier();
}

static int lock_b_then_a(void *arg)
{
	mutex_lock(&mutex_b);
	complete(&partner_holds_b);
	msleep(200);
	mutex_lock(&mutex_a);
	mutex_unlock(&mutex_a);
	mutex_unlock(&mutex_b);
	return 0;
}

static noinline void lock_a_then_b(void)
{
	mutex_lock(&mutex_a);
	kthread_run(lock_b_then_a, NULL, "oopser-abba");
	wait_for_completion(&partner_holds_b);
	mutex_lock(&mutex_b);
	mutex_unlock(&mutex_b);
	mutex_unlock(&mutex_a);
}

static noinline void wait_forever(void)
{
	wait_for_completion(&never_completed);
	barrier();
}

static noinline void rwsem_upgrade(void)
{
	down_read(&gadget_rwsem);
	down_write(&gadget_rwsem);
	barrier();
}

/* Contexts other than a system call. */

static noinline void break_gadget(void)
{
	missing_gadget->level = 5;
}

static void timer_expired(struct timer_list *t)
{
	break_gadget();
	barrier();
}

static noinline void crash_in_timer(void)
{
	static DEFINE_TIMER(timer, timer_expired);

	mod_timer(&timer, jiffies + 5);
}

static void timer_expired_locked(struct timer_list *t)
{
	preempt_disable();
}

static noinline void timer_leaks_preempt(void)
{
	static DEFINE_TIMER(timer, timer_expired_locked);

	mod_timer(&timer, jiffies + 5);
}

static enum hrtimer_restart hrtimer_expired(struct hrtimer *t)
{
	break_gadget();
	barrier();
	return HRTIMER_NORESTART;
}

static noinline void crash_in_hard_irq(void)
{
	static struct hrtimer timer;

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	timer.function = hrtimer_expired;
#else
	hrtimer_setup(&timer, hrtimer_expired, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
#endif
	hrtimer_start(&timer, ms_to_ktime(10), HRTIMER_MODE_REL_HARD);
}

static void ipi_handler(void *arg)
{
	break_gadget();
	barrier();
}

static noinline void crash_in_ipi(void)
{
	run_on_other_cpu(ipi_handler);
	barrier();
}

static void tasklet_run(struct tasklet_struct *t)
{
	break_gadget();
	barrier();
}

static noinline void crash_in_tasklet(void)
{
	static DECLARE_TASKLET(tasklet, tasklet_run);

	tasklet_schedule(&tasklet);
}

static void tasklet_warns(struct tasklet_struct *t)
{
	WARN_ON(in_softirq());
}

static noinline void warn_in_tasklet(void)
{
	static DECLARE_TASKLET(tasklet, tasklet_warns);

	tasklet_schedule(&tasklet);
}

static void work_run(struct work_struct *work)
{
	break_gadget();
	barrier();
}

static noinline void crash_in_work(void)
{
	static DECLARE_WORK(work, work_run);

	schedule_work(&work);
}

static void work_warns(struct work_struct *work)
{
	WARN(1, "work item of %s is not happy\n", KBUILD_MODNAME);
}

static noinline void warn_in_work(void)
{
	static DECLARE_WORK(work, work_warns);

	schedule_work(&work);
}

static void work_leaks(struct work_struct *work)
{
	preempt_disable();
}

static noinline void work_leaks_preempt(void)
{
	static DECLARE_WORK(work, work_leaks);

	schedule_work(&work);
}

static int kthread_body(void *arg)
{
	break_gadget();
	barrier();
	return 0;
}

static noinline void crash_in_kthread(void)
{
	kthread_run(kthread_body, NULL, "oopser-thread");
}

static void rcu_callback(struct rcu_head *head)
{
	break_gadget();
	barrier();
}

static noinline void crash_in_rcu_callback(void)
{
	static struct rcu_head head;

	call_rcu(&head, rcu_callback);
}

/* Two CPUs at the same moment. */

static atomic_t cpus_arrived = ATOMIC_INIT(0);

static noinline void meet_other_cpu(void)
{
	atomic_inc(&cpus_arrived);
	while (atomic_read(&cpus_arrived) < 2)
		cpu_relax();
}

static int warn_together(void *arg)
{
	preempt_disable();
	meet_other_cpu();
	WARN(1, "CPU %d of two\n", smp_processor_id());
	preempt_enable();
	return 0;
}

static int oops_together(void *arg)
{
	meet_other_cpu();
	break_gadget();
	return 0;
}

static void on_two_cpus(int (*fn)(void *))
{
	struct task_struct *task;
	int cpu;

	for_each_online_cpu(cpu) {
		task = kthread_create(fn, NULL, "oopser-cpu%d", cpu);
		if (IS_ERR(task))
			continue;
		kthread_bind(task, cpu);
		wake_up_process(task);
	}
}

static noinline void two_cpus_warn(void)
{
	on_two_cpus(warn_together);
}

static noinline void two_cpus_oops(void)
{
	on_two_cpus(oops_together);
}

static const struct trigger {
	const char *name;
	void (*run)(void);
} triggers[] = {
#define TRIGGER(fn) { #fn, fn }
	TRIGGER(null_read),
	TRIGGER(null_write),
	TRIGGER(null_call),
	TRIGGER(null_in_helper),
	TRIGGER(null_inlined),
	TRIGGER(err_ptr_read),
	TRIGGER(wild_read),
	TRIGGER(noncanonical_read),
	TRIGGER(list_poison_read),
	TRIGGER(wild_call),
	TRIGGER(user_read),
	TRIGGER(user_write),
	TRIGGER(user_exec),
	TRIGGER(data_exec),
	TRIGGER(heap_exec),
	TRIGGER(text_write),
	TRIGGER(module_text_write),
	TRIGGER(rodata_write),
	TRIGGER(ro_after_init_write),
	TRIGGER(vmalloc_overrun),
	TRIGGER(bug),
	TRIGGER(bug_on),
	TRIGGER(warn),
	TRIGGER(warn_bare),
	TRIGGER(warn_once_loop),
	TRIGGER(warn_multiline),
	TRIGGER(warn_no_newline),
	TRIGGER(panic_cold),
	TRIGGER(panic_plain),
	TRIGGER(panic_irqs_off),
	TRIGGER(dump_only),
	TRIGGER(divide),
	TRIGGER(illegal_instruction),
	TRIGGER(breakpoint),
#ifdef CONFIG_X86
	TRIGGER(stack_segment),
	TRIGGER(general_protection),
#endif
#ifdef CONFIG_ARM64
	TRIGGER(unaligned_exclusive),
#endif
	TRIGGER(stack_overflow),
	TRIGGER(stack_smash),
	TRIGGER(stack_end_corrupted),
	TRIGGER(fortify_strcpy),
	TRIGGER(fortify_strlen),
	TRIGGER(fortify_memcpy),
	TRIGGER(usercopy_heap),
	TRIGGER(usercopy_stack),
	TRIGGER(usercopy_text),
	TRIGGER(copy_overflow_known_size),
	TRIGGER(memcpy_to_null),
	TRIGGER(null_in_stock_module),
	TRIGGER(null_in_stock_module_deep),
	TRIGGER(list_add_twice),
	TRIGGER(list_add_broken),
	TRIGGER(list_del_twice),
	TRIGGER(list_del_broken),
	TRIGGER(refcount_underflow),
	TRIGGER(refcount_add_on_zero),
	TRIGGER(refcount_saturate),
	TRIGGER(refcount_leak),
	TRIGGER(kobject_not_initialized),
	TRIGGER(kobject_init_twice),
	TRIGGER(kobject_add_twice),
	TRIGGER(device_without_release),
	TRIGGER(sysfs_duplicate),
	TRIGGER(proc_duplicate),
	TRIGGER(proc_remove_missing),
	TRIGGER(irq_free_twice),
	TRIGGER(bh_enable_in_hard_irq),
	TRIGGER(ipi_irqs_off),
	TRIGGER(double_free),
	TRIGGER(slab_use_after_free_read),
	TRIGGER(slab_use_after_free_write),
	TRIGGER(slab_red_zone),
	TRIGGER(slab_left_red_zone),
	TRIGGER(slab_double_free),
	TRIGGER(slab_objects_remaining),
	TRIGGER(slab_wrong_cache),
	TRIGGER(bad_page_mapping),
	TRIGGER(bad_page_mapcount),
	TRIGGER(page_poison_overwritten),
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	TRIGGER(bad_rss_counter),
#endif
	TRIGGER(vfree_unaligned),
	TRIGGER(vfree_not_mapped),
	TRIGGER(page_alloc_failure),
	TRIGGER(page_order_too_big),
	TRIGGER(vmalloc_too_big),
	TRIGGER(sleep_preempt_off),
	TRIGGER(sleep_under_spinlock),
	TRIGGER(sleep_bh_off),
	TRIGGER(leave_irqs_off),
	TRIGGER(leave_preempt_off),
	TRIGGER(sleep_in_rcu),
	TRIGGER(spin_on_one_cpu),
	TRIGGER(spin_in_rcu),
	TRIGGER(spin_irqs_off),
	TRIGGER(spinlock_taken_twice),
	TRIGGER(lock_a_then_b),
	TRIGGER(wait_forever),
	TRIGGER(rwsem_upgrade),
	TRIGGER(crash_in_timer),
	TRIGGER(timer_leaks_preempt),
	TRIGGER(crash_in_hard_irq),
	TRIGGER(crash_in_ipi),
	TRIGGER(crash_in_tasklet),
	TRIGGER(warn_in_tasklet),
	TRIGGER(crash_in_work),
	TRIGGER(warn_in_work),
	TRIGGER(work_leaks_preempt),
	TRIGGER(crash_in_kthread),
	TRIGGER(crash_in_rcu_callback),
	TRIGGER(two_cpus_warn),
	TRIGGER(two_cpus_oops),
#undef TRIGGER
};

static noinline int run_trigger(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(triggers); i++) {
		if (sysfs_streq(name, triggers[i].name)) {
			triggers[i].run();
			barrier();
			return 0;
		}
	}
	pr_err("no trigger named %s\n", name);
	return -EINVAL;
}

static ssize_t oopser_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char name[64];
	int err;

	if (len >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, buf, len))
		return -EFAULT;
	name[len] = '\0';
	err = run_trigger(name);
	return err ? err : (ssize_t)len;
}

static const struct proc_ops oopser_proc_ops = {
	.proc_write = oopser_write,
};

static char *what;
module_param(what, charp, 0);
MODULE_PARM_DESC(what, "the trigger to run while the module loads");

static int __init oopser_init(void)
{
	int err = 0;

	if (!proc_create("oopser", 0200, NULL, &oopser_proc_ops))
		return -ENOMEM;
	if (what)
		err = run_trigger(what);
	barrier();
	return err;
}

/* Pointless, but without it the module could not be unloaded. */
static void __exit oopser_exit(void)
{
	remove_proc_entry("oopser", NULL);
}

module_init(oopser_init);
module_exit(oopser_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_AUTHOR("The ksplat authors");
MODULE_DESCRIPTION("Provokes kernel crashes on purpose");
