package evidence

func (b *builder) indicators() {}
