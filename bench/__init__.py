"""The measurements that README quotes, runnable."""
