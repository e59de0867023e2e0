"""Discovery: new, merged, split and rising groups among recent tickets."""
