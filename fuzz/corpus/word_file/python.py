CLASSES = ('cat', "dog")
