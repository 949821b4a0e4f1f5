"""What else would do the simple job: each as a competent user of it would write it, in an environment of their own."""
