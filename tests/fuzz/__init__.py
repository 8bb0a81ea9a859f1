"""Files that are damaged at random, or made to harm, given to every reader: `make fuzz`."""
